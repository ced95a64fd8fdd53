"""I16 Honest report: what a run says of itself agrees with itself, and with what it did."""

from collections.abc import Callable

from harness import Call
from harness.migrations.queue.checkers.aside import ASIDE, asides
from harness.migrations.queue.checkers.step import STEP, steps
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, OLD_LEASE, OLD_TASK
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.record import Record
from harness.model.log import chosen
from harness.model.verdict import Verdict, verdict

_MEMBERS = ("success", "message", "tasks", "leases", "totalMigrated", "totalFailed", "errors")
_KEYS = {"tasks": (NEW_TASK, OLD_TASK, "Task "), "leases": (NEW_LEASE, OLD_LEASE, "Lease ")}
_NOT_FOUND = "not found in old queue"

Complaint = Callable[[Record, Call], bool]


def honest_report(record: Record) -> Verdict:
    reports = [run for run in record.runs if isinstance(run.answer, dict) and "message" in run.answer]
    findings = []
    # A walk ends with another run, whose answer is read, too.
    read = [*reports, record.judged["rerun"]] if record.scenario.walk else reports
    for complaint, (what, hazards) in _COMPLAINTS.items():
        asked = read if complaint is _lacks_members else reports
        calls = [run for run in asked if complaint(record, run)]
        findings.append(timeline.of_calls(what, calls, *hazards))
    taken, beside = steps(record), asides(record)
    for complaints, answers in ((STEP, taken), (ASIDE, beside)):
        for complaint, what in complaints.items():
            calls = [call for call in answers if complaint(record, call)]
            findings.append(timeline.of_calls(what, calls))
    title = "Honest report: the answer of a run is complete and true"
    return verdict("I16", title, findings, looked=len(reports) + len(beside), at="reports of a run")


def _lacks_members(record: Record, run: Call) -> bool:
    return not isinstance(run.answer, dict) or any(name not in run.answer for name in _MEMBERS)


def _praises_itself(record: Record, run: Call) -> bool:
    """Whether success and status disagree with the errors that are told."""
    errors = _errors(run)
    clean = not errors and not run.member("totalFailed")
    return run.member("success") is not clean or (run.status == 200) is not clean


def _adds_up_wrong(record: Record, run: Call) -> bool:
    total = run.member("totalMigrated")
    parts = [run.member(section, "migrated") or 0 for section in _KEYS]
    counted = all(
        run.member(section, "failed") == len(run.member(section, "errors") or ()) for section in _KEYS
    )
    return not counted or (total is not None and total != sum(parts))


def _counts_wrong(record: Record, run: Call) -> bool:
    """Whether it says to have moved more, or fewer, than it did; what it says has failed may be either."""
    writes, errors = record.versions.by(run.name), _errors(run)
    for section, (new, old, name) in _KEYS.items():
        moved = {event.key[len(new) :] for event in chosen(writes, new, verb="put")}
        if record.scenario.migration == "documented":
            deleted = {event.key[len(old) :] for event in chosen(writes, verb="delete")}
            moved &= deleted
        told = _named(name, errors)
        failed = sum(f"{name}{task}:" in told or f"{name}{old}{task}:" in told for task in moved)
        said = run.member(section, "migrated")
        if said is None or not len(moved) - failed <= said <= len(moved) + _by_others(record, run, new):
            return True
    return False


def _named(name: str, errors: list[str]) -> set[str]:
    """Everything in the errors that begins with ``name`` and ends with a colon: an id may have some in it."""
    found = set[str]()
    for error in errors:
        begin = error.find(name)
        while begin >= 0:
            end = error.find(":", begin)
            while end >= 0:
                found.add(error[begin : end + 1])
                end = error.find(":", end + 1)
            begin = error.find(name, begin + 1)
    return found


def _by_others(record: Record, run: Call, prefix: str) -> int:
    """How many of its puts failed that another operator, of whom it knows nothing, made meanwhile."""
    scenario = record.scenario
    if scenario.operators == 1 or scenario.claims == "coordinator":
        return 0
    failed = [one for one in record.operations[run.name] if one.error and one.verb == "put"]
    return sum(one.key.startswith(prefix) for one in failed)


def _mourns_nothing(record: Record, run: Call) -> bool:
    """Whether a failure is told where there was nothing to move: the task is not there, or moved already."""
    begin, end = record.expectation.evidence(run)
    return any(
        error.endswith(_NOT_FOUND)
        and not record.expectation.was_steady(
            OLD_TASK + error.removeprefix("Task ").removesuffix(f": {_NOT_FOUND}"), begin, end
        )
        for error in _errors(run)
    )


def _leaves_tasks(record: Record, run: Call) -> bool:
    """Whether it says that all is done while an old task is there that everybody can see."""
    safe = record.scenario.migration == "safe"
    if run.member("success") is not True or (safe and run.member("done") is not True):
        return False
    begin, end = record.expectation.evidence(run)
    return any(
        record.expectation.was_steady(OLD_TASK + task, begin, end)
        for task, story in record.expectation.stories.items()
        if story.is_live(end)
    )


def _errors(run: Call) -> list[str]:
    errors = run.member("errors")
    return [str(error) for error in errors] if isinstance(errors, list) else []


_COMPLAINTS: dict[Complaint, tuple[str, tuple[str, ...]]] = {
    _lacks_members: ("{n} answer{s} of a run lack{es} members", ("H18",)),
    _praises_itself: ("in {n} answer{s} success, status and errors do not fit together", ("H13",)),
    _adds_up_wrong: ("in {n} answer{s} the numbers do not add up", ()),
    _counts_wrong: ("in {n} answer{s} the number of copies is not that of the copies made", ()),
    _mourns_nothing: ("{n} answer{s} name{es} failures of tasks that were not there to be moved", ()),
    _leaves_tasks: ("after {n} answer{s} that all was done, live tasks were left in the old format", ()),
}
