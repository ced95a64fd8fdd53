"""The checkers: silent on a faultless migration, and each awake to its own fault."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness import Call
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.invariants import CHECKERS, Checker, judge
from harness.migrations.queue.walk.outcome import Outcome, Run
from kvstore import Entry

from .outcomes import (
    LATER,
    LEASE,
    NOW,
    exchange,
    faultless,
    new_namespace,
    old_namespace,
    report,
    status,
    with_after,
    writes,
)

Fault = Callable[[Outcome], Outcome]

TASK_A = Entry(b'{"id":"a"}', LATER, '{"m":1}')


def gap(outcome: Outcome) -> Outcome:
    """Task b is deleted before it is written."""
    events = writes(("delete", "orchestrator:queue:b"), ("put", "queue:task:b"), after=new_namespace())
    return replace(outcome, events=events)


def lost(outcome: Outcome) -> Outcome:
    events = writes(("delete", "orchestrator:queue:b"), after={})
    return with_after(replace(outcome, events=events), queue__task__b=None)


def lease_after_task(outcome: Outcome) -> Outcome:
    events = writes(("put", "queue:task:a"), ("put", "queue:lease:a"), after=new_namespace())
    return replace(outcome, events=events)


def listing(outcome: Outcome, *ids: str, count: int | None = None) -> Outcome:
    body = {"pending": list(ids), "count": len(ids) if count is None else count}
    return replace(outcome, listing=exchange("queue", body))


def born(outcome: Outcome) -> Outcome:
    return replace(outcome, born=frozenset({"new"}))


def rerun(outcome: Outcome, report_changes: dict[str, object], entries: dict[str, Entry]) -> Outcome:
    again = Run(report(0, 0, **report_changes), outcome.after, QueueState(entries))
    return replace(outcome, rerun=again)


def ran(outcome: Outcome, answer: Call) -> Outcome:
    """The outcome with another answer of its run."""
    return replace(outcome, runs=[replace(outcome.runs[0], report=answer)])


def short_answer(outcome: Outcome) -> Outcome:
    body = {"success": True, "message": "Migration not needed - already using new format"}
    return replace(outcome, rerun=replace(outcome.rerun, report=exchange("run again", body)))


FAULTS: list[tuple[str, str, Fault]] = [
    ("I1", "stored nowhere for a while", gap),
    ("I1", "stored nowhere after the run", lost),
    ("I2", "the run failed on its key", lambda o: with_after(o, queue__task__b=None)),
    ("I2", "still in the old format", lambda o: with_after(o, orchestrator__lease__a=Entry(LEASE, LATER))),
    ("I2", "the pending list is there", lambda o: with_after(o, orchestrator__pending=Entry(b"[]"))),
    ("I2", "arrived in the old format after the run", born),
    ("I3", "is not listed: beyond the first 1,000 keys", lambda o: listing(o, "a")),
    ("I3", "listed more than once", lambda o: listing(o, "a", "b", "b")),
    ("I3", "are no live task", lambda o: listing(o, "a", "b", "x", "y")),
    ("I3", "count says 5, listed are 2", lambda o: listing(o, "a", "b", count=5)),
    ("I3", "GET /api/queue answered 500", lambda o: replace(o, listing=exchange("queue", "boom", 500))),
    ("I4", "was not there before", lambda o: with_after(o, queue__task__x=TASK_A)),
    ("I4", "with a result is back", lambda o: with_after(o, queue__task__c=TASK_A)),
    ("I6", "different in bytes", lambda o: with_after(o, queue__task__b=Entry(b'{"id":"b"}'))),
    ("I6", "lost its metadata", lambda o: with_after(o, queue__task__a=Entry(b'{"id":"a"}', LATER))),
    (
        "I7",
        "now expires later",
        lambda o: with_after(o, queue__task__a=TASK_A._replace(expiration=LATER + 1)),
    ),
    (
        "I7",
        "now expires earlier",
        lambda o: with_after(o, queue__task__a=TASK_A._replace(expiration=LATER - 1)),
    ),
    (
        "I7",
        "permanent task now does expire",
        lambda o: with_after(o, queue__task__b=Entry(b'{"id": "b"}', LATER)),
    ),
    ("I7", "lost its deadline", lambda o: with_after(o, queue__task__a=TASK_A._replace(expiration=None))),
    ("I9", "has no lease in the new format", lambda o: with_after(o, queue__lease__a=None)),
    (
        "I9",
        "names another worker",
        lambda o: with_after(o, queue__lease__a=Entry(LEASE.replace(b'"w"', b'"v"'), LATER)),
    ),
    ("I9", "ends before its time", lambda o: with_after(o, queue__lease__a=Entry(LEASE, NOW + 60))),
    ("I9", "could be claimed during the run", lease_after_task),
    ("I11", "5 keys change when the migration is run again", lambda o: rerun(o, {}, {})),
    ("I11", "migrated 0, failed 2", lambda o: rerun(o, {"totalFailed": 2}, new_namespace())),
    ("I16", "missing from the answer of a second run", short_answer),
    ("I16", "success True with 1 errors", lambda o: ran(o, report(errors=["Fatal: x"]))),
    ("I16", "tasks.migrated is 3, but 2 tasks arrived", lambda o: ran(o, report(3, 0))),
    ("I16", "totalMigrated is 9", lambda o: ran(o, report(totalMigrated=9))),
    (
        "I17",
        "after the run newTaskCount is 1000, in truth 2",
        lambda o: replace(o, status_after=status(o.after, newTaskCount=1000)),
    ),
    (
        "I17",
        "after the run needsMigration is false, but what is there: 0 old tasks, 1 old lease",
        lambda o: with_after(o, orchestrator__lease__a=Entry(LEASE, LATER)),
    ),
    (
        "I17",
        "the status route answers 500",
        lambda o: replace(o, status_before=exchange("status", {"error": "x"}, 500)),
    ),
    ("I25", "outside the queue was changed", lambda o: with_after(o, event__x=Entry(b"y"))),
    (
        "W",
        "no task could be claimed although 2 are listed",
        lambda o: replace(o, listing=o.listing, calls=[exchange("claim", {"success": False}), *o.calls[2:]]),
    ),
    (
        "W",
        "GET / answered 500: boom",
        lambda o: replace(o, calls=[exchange("queue", "boom", 500), *o.calls[1:]]),
    ),
    (
        "W",
        "a completed task is still listed",
        lambda o: replace(
            o, calls=[*o.calls[:3], exchange("queue again", {"pending": ["a", "b"], "count": 2})]
        ),
    ),
]


@pytest.mark.parametrize("check", CHECKERS, ids=lambda check: check.__name__)
def test_a_faultless_migration_is_not_accused(check: Checker) -> None:
    assert check(faultless()).findings == ()


@pytest.mark.parametrize(("invariant", "text", "fault"), FAULTS, ids=[f"{i}: {t}" for i, t, _ in FAULTS])
def test_a_fault_is_found(invariant: str, text: str, fault: Fault) -> None:
    verdicts = {verdict.invariant: verdict for verdict in judge(fault(faultless()))}
    said = [finding.what for finding in verdicts[invariant].findings]
    assert any(text in what for what in said), said


def test_every_checker_has_a_fault_that_wakes_it() -> None:
    assert {verdict.invariant for verdict in judge(faultless())} == {invariant for invariant, _, _ in FAULTS}


def test_a_task_that_arrived_after_the_run_must_be_listed_too() -> None:
    outcome = born(faultless())
    assert "new" in outcome.expected
    arrived = with_after(outcome, queue__task__new=TASK_A)
    verdicts = {one.invariant: one for one in judge(listing(arrived, "a", "b", "new"))}
    assert verdicts["I2"].held
    assert verdicts["I3"].held
    assert verdicts["I4"].held


def test_old_namespace_is_as_described() -> None:
    state = QueueState(old_namespace())
    assert list(state.live) == ["a", "b"]
    assert state.pending_ids == ["a", "b"]
