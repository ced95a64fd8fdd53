"""The walk itself: after the migration the new Worker lists, hands out and completes a task."""

from urllib.parse import unquote

from harness import Call
from harness.migrations.queue.walk.outcome import Outcome
from harness.verdict import Finding, Verdict, verdict


def walk(outcome: Outcome) -> Verdict:
    steps = {exchange.step: exchange for exchange in outcome.calls}
    claim, complete, again = steps.get("claim"), steps.get("complete"), steps.get("queue again")
    return verdict(
        "W",
        "Walk: the new Worker lists, claims and completes a task",
        [
            *(_broken(exchange) for exchange in outcome.calls if _is_broken(exchange)),
            _listed(outcome),
            _claimed(claim, outcome) if claim else None,
            _completed(complete, again) if complete and again else None,
        ],
        looked=len(outcome.expected.union(outcome.listed)),
        at="live tasks",
    )


def _is_broken(exchange: Call) -> bool:
    # What a run answers is judged as a report.
    return exchange.outcome == "info" and not exchange.step.startswith("run")


def _broken(exchange: Call) -> Finding:
    return Finding(f"{exchange.method} {exchange.path} answered {exchange.status}: {_said(exchange)}")


def _said(exchange: Call) -> str:
    """An answer in a line: of a traceback the last one."""
    lines = str(exchange.answer).strip().splitlines() or [""]
    return lines[-1][:160]


def _listed(outcome: Outcome) -> Finding | None:
    if outcome.listed or not outcome.expected:
        return None
    said = _said(outcome.listing)
    return Finding(f"no task is listed although {len(outcome.expected):,} should be: {said}")


def _claimed(claim: Call, outcome: Outcome) -> Finding | None:
    if claim.member("success") is True and isinstance(claim.member("taskId"), str):
        return None
    leases = outcome.at_listing.old_leases.keys() | outcome.at_listing.new_leases
    if leases.issuperset(outcome.listed):
        return None
    return Finding(f"no task could be claimed although {len(outcome.listed):,} are listed: {_said(claim)}")


def _completed(complete: Call, again: Call) -> Finding | None:
    if complete.status != 200:
        return Finding(f"{complete.path} answered {complete.status}: {_said(complete)}")
    task, listed = complete.path.rpartition("/")[2], again.member("pending")
    if isinstance(listed, list) and unquote(task) in listed:
        return Finding("a completed task is still listed", (unquote(task),), ("H38",))
    return None
