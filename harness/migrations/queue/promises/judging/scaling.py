"""How much, how fast, how many: G04, G06, G31, G32, G43."""

from typing import Final

from harness.migrations.queue.promises.evidence import Evidence
from harness.migrations.queue.promises.judging.striking import struck
from harness.migrations.queue.promises.promise import Judgement, broken, held, only_if
from harness.migrations.queue.promises.trials import Trial

# More than two pages of a listing.
_THOUSANDS: Final = 2500
# More than a run of the documented migration gets through, however often, with this budget.
_MANY, _BUDGET, _RUNS = 1100, 1000, 30
_FEW, _MORE = 10, 100
_GROWN: Final = 5.0
_LATE: Final = "a minute has passed: listings lag"


def _listing(evidence: Evidence) -> tuple[int, Trial]:
    trial = evidence.trials.play(f"conditions=local tasks={_THOUSANDS} at_once=list format=new")
    return len(trial.first.member("pending") or []), trial


def discovered(evidence: Evidence) -> Judgement:
    """G04: what is listed of thousands, and whether listings lag."""
    listed, trial = _listing(evidence)
    said = f"{listed:,} of {_THOUSANDS:,} tasks are listed"
    late = struck(evidence, "H74")
    if listed < _THOUSANDS:
        return only_if("there is no second page, and a minute has passed", f"{said} (H02)", trial.replays)
    if late is not None:
        return only_if(_LATE, *late)
    if lagged := evidence.schedules.met["a stale listing"]:
        return only_if(
            _LATE, f"{said}; in {lagged:,} of {evidence.schedules.runs:,} schedules a listing lagged"
        )
    return held(said, trial.replays)


def thousands(evidence: Evidence) -> Judgement:
    """G06: what is listed of thousands."""
    listed, trial = _listing(evidence)
    said = f"{listed:,} of {_THOUSANDS:,} tasks are listed"
    return held(said, trial.replays) if listed == _THOUSANDS else broken(f"{said} (H02)", trial.replays)


def before(evidence: Evidence) -> Judgement:
    """G31: what grows with the number of tasks, in the old format."""
    return _complexity(evidence, "old", {"claim", "enqueue", "complete"})


def after(evidence: Evidence) -> Judgement:
    """G32: the same in the new one."""
    return _complexity(evidence, "new", {"list", "claim"})


def _complexity(evidence: Evidence, queue_format: str, growing: set[str]) -> Judgement:
    """Whether the requests that grow with the number of tasks are those that should.

    A listing of the old format is one operation; of everything else the ids are counted that it handles.
    """
    ratios = {
        kind: _growth(evidence, queue_format, kind) for kind in ("list", "claim", "enqueue", "complete")
    }
    wrong = [kind for kind, ratio in ratios.items() if (ratio >= _GROWN) != (kind in growing)]
    told = ", ".join(f"{kind} {ratio:.0f}×" for kind, ratio in ratios.items())
    unit = "operations of a list, ids handled by the others" if queue_format == "old" else "ids handled"
    said = f"from {_FEW} to {_MORE} tasks {unit} grow: {told}"
    return broken(f"{said}; not as said: {', '.join(wrong)}") if wrong else held(said)


def _growth(evidence: Evidence, queue_format: str, kind: str) -> float:
    measure = _operations if (queue_format, kind) == ("old", "list") else _ids
    few, more = (measure(_asked(evidence, queue_format, kind, tasks)) for tasks in (_FEW, _MORE))
    return (more or 1) / (few or 1)


def _asked(evidence: Evidence, queue_format: str, kind: str, tasks: int) -> Trial:
    line = f"conditions=local tasks={tasks} leases=1 at_once={kind} format={queue_format}"
    return evidence.trials.play(line)


def _operations(trial: Trial) -> int:
    return len(trial.operations(trial.first))


def _ids(trial: Trial) -> int:
    return trial.ids_handled(trial.first)


def millions(evidence: Evidence) -> Judgement:
    """G43: whether a migration of many tasks ends, and what a listing takes."""
    trial = evidence.trials.play(
        f"conditions=local strategy=steps tasks={_MANY} budget={_BUDGET} runs={_RUNS} retry=1"
    )
    record = trial.record
    left, runs = len(record.final.old_tasks), len(record.runs)
    if left:
        said = f"{runs} runs of {_BUDGET:,} operations have moved {_MANY - left:,} of {_MANY:,} tasks"
        return broken(f"{said} (H05)", trial.replays)
    listed, listing = _listing(evidence)
    pages = len(listing.operations(listing.first))
    said = (
        f"{_MANY:,} tasks were moved in {runs} calls of {_BUDGET:,} operations; {pages} pages list {listed:,}"
    )
    if listed < _THOUSANDS:
        return broken(said, listing.replays)
    return only_if("a request may list every page: one operation for 1,000 tasks", said, trial.replays)
