"""Which code is there when: G12, G13, G26 to G28, G36, G42, G45."""

from typing import Final

from harness import Call
from harness.migrations.queue.promises.evidence import Evidence, NothingSeen
from harness.migrations.queue.promises.judging.striking import only_unless_struck, struck, violated
from harness.migrations.queue.promises.manual import TASKS
from harness.migrations.queue.promises.promise import Judgement, broken, held, only_if

_LATE: Final = "a minute has passed: listings lag"
_DEPLOYED: Final = "the new Worker is deployed: the guide asks before that"


def _listed(answer: Call) -> int:
    return len(answer.member("pending") or [])


def new_format_listed(evidence: Evidence) -> Judgement:
    """G12: what the Worker that migrated lists, and the new one."""
    asked, new = evidence.answers["queue, migrating"], evidence.answers["queue, new"]
    said = f"the Worker that migrated lists {_listed(asked)} of {TASKS}, the new one {_listed(new)}"
    return _by_deployment(evidence, _listed(asked) == TASKS, _listed(new) >= TASKS - 1, said)


def claimed_from_new(evidence: Evidence) -> Judgement:
    """G13: what a claim gets from either."""
    asked, new = evidence.answers["claim, migrating"], evidence.answers["claim, new"]
    said = f"the Worker that migrated answers {_claimed(asked)}, the new one {_claimed(new)}"
    return _by_deployment(evidence, bool(asked.member("taskId")), bool(new.member("taskId")), said)


def _claimed(answer: Call) -> str:
    return str(answer.member("taskId") or answer.member("message") or answer.status)


def _by_deployment(evidence: Evidence, at_once: bool, later: bool, said: str) -> Judgement:
    late = struck(evidence, "H74")
    if not later:
        return broken(said)
    if not at_once:
        return only_if(_DEPLOYED, said)
    return held(said) if late is None else only_if(_LATE, *late)


def old_daemon(evidence: Evidence) -> Judgement:
    """G26: what the old code answers a claim after the run, and whether it stays so."""
    claim = evidence.answers["claim, old"]
    said = f"after the run the old Worker answers a claim: {_claimed(claim)}"
    if claim.member("taskId") is not None:
        return broken(said)
    condition = "a minute has passed, and nobody puts the list back"
    return only_unless_struck(evidence, condition, ("H26", "H32", "H37"), (), said)


def new_daemon(evidence: Evidence) -> Judgement:
    """G27: whether it takes another daemon, or another Worker."""
    asked = evidence.answers["claim, migrating"]
    said = f"a daemon's claim is answered {_claimed(asked)!r} by the Worker that migrated"
    if not asked.member("taskId"):
        return broken(f"{said}, whatever daemon sends it: the Worker decides")
    return held(f"{said}: no daemon needs to be deployed")


def zero_downtime(evidence: Evidence) -> Judgement:
    """G28: the walk with a Worker for both formats, and the schedules."""
    walk = evidence.zero_downtime
    if walk.violated:
        names = ", ".join(verdict.invariant for verdict in walk.violated)
        return broken(f"with a Worker for both formats, while work goes on: {names} violated", walk.command)
    shown = violated(evidence, "I1", "I2", "I3", "I13")
    if shown is not None:
        return broken(*shown)
    if walk.decision.verdict != "go":
        raise NothingSeen("; ".join(walk.decision.reasons))
    return held("with a Worker for both formats, while work goes on, nothing was violated", walk.command)


def wrong_daemon(evidence: Evidence) -> Judgement:
    """G36: who has to be the right one, daemon or Worker."""
    old, new = evidence.answers["queue, old"], evidence.answers["queue, new"]
    said = f"over the same keys the old Worker lists {_listed(old)} tasks and the new one {_listed(new)}"
    if _listed(old) or not _listed(new):
        return broken(said)
    return only_if("daemon means Worker: daemons speak HTTP and know no format", said)


def integration_test(evidence: Evidence) -> Judgement:
    """G42: the commands, one after the other."""
    steps = evidence.run(evidence.manual.integration())
    went = [
        steps[1].status == 200 and _listed(steps[1]) == 1,
        steps[2].status == 200 and steps[2].member("success") is True,
        steps[3].status == 200 and _listed(steps[3]) == 1,
        steps[4].member("success") is True,
    ]
    if all(went):
        return held("one Worker answers all of them")
    place = went.index(False)
    return broken(
        f"step {place + 2} fails: {str(steps[place + 1].answer)[:60]}, as long as nothing is deployed"
    )


def companions(evidence: Evidence) -> Judgement:
    """G45: whether status says so while old keys are there."""
    found = struck(evidence, "H17") or violated(evidence, "I17")
    if found is not None:
        return broken(*found)
    return held(f"status never said so while an old key was there, in {evidence.schedules.runs:,} schedules")
