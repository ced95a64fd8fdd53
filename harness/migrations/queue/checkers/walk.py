"""W Walk: after the migration the new Worker lists, hands out and completes a task."""

from collections.abc import Iterator

from harness import Call
from harness.migrations.queue.checkers.ending import owed
from harness.migrations.queue.simulation import timeline
from harness.migrations.queue.simulation.expectation import RUN, task_of
from harness.migrations.queue.simulation.record import Record
from harness.model.verdict import Finding, Verdict, literal, verdict


def walk(record: Record) -> Verdict:
    owes, listed = owed(record, record.ended), _tasks(record.judged["listing"])
    return verdict(
        "W",
        "Walk: the new Worker lists, claims and completes a task",
        [
            *map(_broken, _failed(record)),
            _listed(record, owes, listed),
            _claimed(record, listed),
            _completed(record),
        ],
        looked=len({*owes, *listed}),
        at="live tasks",
    )


def _failed(record: Record) -> Iterator[Call]:
    """Requests that were not answered, or with 5xx; what a run answers is judged as a report."""
    for call in (*record.calls, *record.judged.values()):
        if call.outcome == "info" and call.path != RUN:
            yield call


def _broken(call: Call) -> Finding | None:
    told = "nothing" if call.status is None else f"{call.status}: {_said(call)}"
    return timeline.of_calls(f"{literal(call.method)} {literal(call.path)} answered {literal(told)}", [call])


def _said(call: Call) -> str:
    """An answer in a line: of a traceback the last one."""
    lines = str(call.answer).strip().splitlines() or [""]
    return lines[-1][:160]


def _tasks(listing: Call) -> list[str]:
    pending = listing.member("pending")
    return [task for task in pending or () if isinstance(task, str)]


def _listed(record: Record, owes: list[str], listed: list[str]) -> Finding | None:
    listing = record.judged["listing"]
    if listed or not owes:
        return None
    what = f"no task is listed although {len(owes):,} should be: {literal(_said(listing))}"
    return timeline.of_calls(what, [listing])


def _claimed(record: Record, listed: list[str]) -> Finding | None:
    claim, final = record.judged["claim"], record.final
    if claim.member("success") is True and isinstance(claim.member("taskId"), str):
        return None
    if (final.old_leases.keys() | final.new_leases.keys()).issuperset(listed):
        return None
    what = f"no task could be claimed although {len(listed):,} are listed: {literal(_said(claim))}"
    return timeline.of_calls(what, [claim])


def _completed(record: Record) -> Finding | None:
    complete, again = record.judged.get("complete"), record.judged.get("queue again")
    if complete is None or again is None:
        return None
    if complete.status != 200:
        what = f"{literal(complete.path)} answered {complete.status}: {literal(_said(complete))}"
        return timeline.of_calls(what, [complete])
    task = task_of(complete)
    if task in _tasks(again):
        return timeline.shown_by("a completed task is still listed", [str(task)], [complete, again], "H38")
    return None
