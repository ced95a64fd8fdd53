"""The way back: G21 to G24."""

from typing import Final

from harness.migrations.queue.checkers.copies import copies
from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING
from harness.migrations.queue.promises.evidence import Evidence, NothingSeen
from harness.migrations.queue.promises.judging.striking import struck, unless_struck
from harness.migrations.queue.promises.promise import Judgement, broken, held
from harness.migrations.queue.promises.trials import Trial

# A little more than a listing shows on one page.
_TASKS: Final = 1100


def _rolled_back(evidence: Evidence, tasks: int = 5) -> Trial:
    line = f"conditions=local strategy=steps rollback=after tasks={tasks} leases=2 runs=1"
    trial = evidence.trials.play(line)
    if not copies(trial.record):
        raise NothingSeen(f"nothing was moved that could be rolled back: {trial.replays}")
    return trial


def available(evidence: Evidence) -> Judgement:
    """G21: whether a rollback lost anything."""
    met = evidence.schedules.met["a rollback"]
    if not met:
        raise NothingSeen(f"none of {evidence.schedules.runs:,} schedules was rolled back")
    seen = f"{met:,} schedules were rolled back, and every task was there again"
    return unless_struck(evidence, ("H45", "H46", "H47"), ("I24",), seen)


def deletes_all_new(evidence: Evidence) -> Judgement:
    """G22: what is left of more tasks than a page of a listing holds."""
    trial = _rolled_back(evidence, _TASKS)
    left = len(trial.record.final.new_tasks)
    said = f"after the rollback of {_TASKS:,} tasks {left:,} are left in the new format"
    if left:
        return broken(f"{said} (H02)", trial.replays)
    found = struck(evidence, "H47", "H48")
    return held(said, trial.replays) if found is None else broken(*found)


def old_keys_intact(evidence: Evidence) -> Judgement:
    """G23: which old keys a rollback deletes, and how many there are."""
    trial = _rolled_back(evidence)
    record = trial.record
    calls = {call.name for call in record.to("POST", "/api/migrate/rollback")}
    gone = [
        event.key
        for event in record.writes
        if event.invocation in calls
        and event.verb == "delete"
        and (event.key.startswith((OLD_TASK, OLD_LEASE)) or event.key == PENDING)
    ]
    if gone:
        return broken(f"the rollback deletes {len(gone)} old keys", trial.replays)
    left, before = len(record.final.old_tasks), len(record.start.old_tasks)
    said = f"the rollback deletes no old key; {left} of {before} old tasks are there after it"
    return held(f"{said}: the run had deleted the rest" if left < before else said, trial.replays)


def old_code_goes_on(evidence: Evidence) -> Judgement:
    """G24: what the old code lists after it."""
    trial = _rolled_back(evidence)
    before = trial.record.start.live
    listed = trial.record.judged["listing"].member("pending")
    found = [task for task in before if task in (listed or [])]
    said = f"after it the old code lists {len(found)} of {len(before)} tasks"
    if len(found) < len(before):
        return broken(f"{said} (H45)", trial.replays)
    return unless_struck(evidence, ("H45", "H46"), ("I24",), said)
