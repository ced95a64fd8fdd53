"""I2 Completion: after the run the new format holds the live tasks, all of them and nothing else."""

from dataclasses import dataclass

from harness.migrations.queue.layout import PENDING
from harness.migrations.queue.state import BROKEN, parsed
from harness.migrations.queue.walk.outcome import Outcome, out_of_quota
from harness.verdict import Verdict, finding, verdict


def completion(outcome: Outcome) -> Verdict:
    state = outcome.at_listing
    stranded = [task for task in sorted(outcome.expected) if task not in state.new_tasks]
    return verdict(
        "I2",
        "Completion: the new format holds every live task, the old one nothing",
        [
            *(
                finding("{n} live task{s} {are} not in the new format: " + why.text, tasks, *why.hazards)
                for why, tasks in _by_reason(outcome, stranded).items()
            ),
            finding("{n} lease{s} {are} still in the old format", state.old_leases, "H01", "H17"),
            finding(
                "the pending list is there again or still",
                [PENDING] if PENDING in state.entries else [],
                "H15",
                "H32",
            ),
        ],
        looked=len(outcome.expected) + len(outcome.before.old_leases) + (PENDING in outcome.before.entries),
        at="tasks, leases or pending list of the old format",
    )


@dataclass(frozen=True)
class Reason:
    """Why a task was left behind, and the known hazards that do that."""

    text: str
    hazards: tuple[str, ...]


_ARRIVED = Reason("arrived in the old format after the run", ("H34", "H68"))
_ORPHAN = Reason("no pending list names {their} id{s}", ("H29",))
_CORRUPT = Reason("the body is not JSON", ("H57", "H10"))
_FALSY = Reason("JavaScript takes the body for false", ("H56", "H10"))
_FAILED = Reason("the run failed on {their} key{s}", ("H10",))
_QUOTA = Reason("the day's operations were used up", ("H08",))


def _by_reason(outcome: Outcome, tasks: list[str]) -> dict[Reason, list[str]]:
    groups: dict[Reason, list[str]] = {}
    orphans = frozenset(outcome.before.orphans)
    is_short = out_of_quota(outcome.run)
    for task in tasks:
        groups.setdefault(_reason(outcome, orphans, task, is_short=is_short), []).append(task)
    return groups


def _reason(outcome: Outcome, orphans: frozenset[str], task: str, *, is_short: bool) -> Reason:
    if task in outcome.born:
        return _ARRIVED
    if task in orphans:
        return _ORPHAN
    if is_short:
        return _QUOTA
    body = parsed(outcome.before.old_tasks[task])
    if body is BROKEN:
        return _CORRUPT
    return _FALSY if body in (None, False, 0, "") else _FAILED
