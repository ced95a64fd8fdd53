"""Routes, keys and the shapes of answers: G09, G10, G37 to G39, G41."""

from collections.abc import Mapping
from typing import Any, Final

from harness.migrations.queue.layout import OLD_TASK, PENDING
from harness.migrations.queue.promises.evidence import Evidence, NothingSeen
from harness.migrations.queue.promises.judging.striking import struck
from harness.migrations.queue.promises.promise import Judgement, broken, held, only_if

# What the guide shows for five tasks, two of them held.
STATUS: Final[dict[str, Any]] = {
    "success": True,
    "status": {
        "oldFormatExists": True,
        "newFormatExists": False,
        "oldTaskCount": 5,
        "newTaskCount": 0,
        "oldLeaseCount": 2,
        "newLeaseCount": 0,
    },
    "needsMigration": True,
    "recommendation": "Run migration to move to new format",
}
_SECTION: Final = {"migrated": int, "failed": int, "errors": list}
# The types that the guide declares.
TYPES: Final[dict[str, dict[str, Any]]] = {
    "status": {
        "success": bool,
        "status": {name: bool if name.endswith("Exists") else int for name in STATUS["status"]},
        "needsMigration": bool,
        "recommendation": str,
    },
    "run": {
        "success": bool,
        "message": str,
        "tasks": _SECTION,
        "leases": _SECTION,
        "totalMigrated": int,
        "totalFailed": int,
        "errors": list,
    },
    "rollback": {"success": bool, "message": str, "deleted": int, "note": str},
}
_DEFAULT_LEASE: Final = 300


def lacks(answer: Any, shown: Mapping[str, Any]) -> list[str]:
    """The members of ``shown``, values or types, that an answer lacks or has otherwise; it may have more."""
    if not isinstance(answer, dict):
        return ["everything"]
    return [name for name, value in shown.items() if not _is_as(answer.get(name), value)]


def _is_as(value: Any, shown: Any) -> bool:
    if isinstance(shown, type):
        return type(value) is shown
    if isinstance(shown, Mapping):
        return not lacks(value, shown)
    return bool(type(value) is type(shown) and value == shown)


def status_with_the_queue_key(evidence: Evidence) -> Judgement:
    """G09: the status, asked with the queue key."""
    answer = evidence.answers["status"]
    missing = lacks(answer.answer, TYPES["status"])
    if answer.status == 200 and not missing:
        return held("200, with every member")
    return broken(f"{answer.status}, without {', '.join(missing) or 'nothing'}")


def status_of_the_sample(evidence: Evidence) -> Judgement:
    """G10: the status of the sample, beside the one that is shown."""
    trial = evidence.sample
    answer = next(call for call in trial.record.calls if call.step == "status")
    if missing := lacks(answer.answer, STATUS):
        return broken(f"other than shown: {', '.join(missing)}", trial.replays)
    more = [name for name in answer.answer if name not in STATUS]
    said = f", and {', '.join(more)} besides" if more else ", member for member"
    return held(f"the answer is the one shown{said}", trial.replays)


def stuck_leases(evidence: Evidence) -> Judgement:
    """G37: the longest lease there is, and leases without end."""
    longest = evidence.run(evidence.manual.longest_lease())
    if not longest:
        raise NothingSeen("no claim was granted, for however short a time")
    said = f"a claim may ask for {longest} s"
    found = struck(evidence, "H52", "H51")
    if longest <= _DEFAULT_LEASE and found is None:
        return held(said)
    condition = "the worker asked for no more than 300 s"
    if found is None:
        return only_if(condition, said)
    return only_if(f"{condition}, and the lease has an end", f"{said}; {found[0]}", found[1])


def either_key(evidence: Evidence) -> Judgement:
    """G38: the three endpoints, with four keys."""
    statuses = evidence.run(evidence.manual.keys())
    refused = all(status == 401 for name in ("none", "another") for status in statuses[name])
    opened = all(status == 200 for name in ("QUEUE_API_KEY", "ADMIN_API_KEY") for status in statuses[name])
    said = ", ".join(f"{name}: {'/'.join(map(str, found))}" for name, found in statuses.items())
    return (held if refused and opened else broken)(f"status/run/rollback answer, with key {said}")


def declared_types(evidence: Evidence) -> Judgement:
    """G39: the types of all members, of a run that is not needed too."""
    answers = evidence.answers
    asked = {"status": "status", "run": "run", "not needed": "run", "rollback": "rollback"}
    wrong = {
        name: found for name, like in asked.items() if (found := lacks(answers[name].answer, TYPES[like]))
    }
    if not wrong:
        return held("every member has its type: status, run, run that is not needed, rollback")
    said = "; ".join(f"{name}: without {', '.join(missing)}" for name, missing in wrong.items())
    if set(wrong) == {"not needed"}:
        return only_if("a run is needed", said)
    return broken(said)


def slack_message(evidence: Evidence) -> Judgement:
    """G41: what the message leaves behind."""
    answer, keys = evidence.run(evidence.manual.message())
    stored = [key for key in keys if key == PENDING or key.startswith(OLD_TASK)]
    said = f"answered {answer.status}, and stored {', '.join(stored) or 'nothing'}"
    return (held if answer.status == 200 and len(stored) == 2 else broken)(said)
