"""A migration without a fault, made by hand: what every checker must stay silent on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness import Call
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.outcome import Outcome, Run
from kvstore import Entry, Event

NOW = 1_800_000_000
LATER = NOW + 1800
LEASE = (
    b'{"workerId":"w","claimNonce":"n","claimedAt":"2027-01-15T07:59:00.000Z",'
    b'"expiresAt":"2027-01-15T08:30:00.000Z"}'
)

Entries = dict[str, Entry]


def old_namespace() -> Entries:
    """Two tasks, one of them held, with a result of a third and a key of somebody else."""
    return {
        "event:x": Entry(b"x"),
        "orchestrator:lease:a": Entry(LEASE, LATER),
        "orchestrator:pending": Entry(b'["a","b"]', LATER),
        "orchestrator:queue:a": Entry(b'{"id":"a"}', LATER, '{"m":1}'),
        "orchestrator:queue:b": Entry(b'{"id": "b"}', None),
        "orchestrator:result:c": Entry(b"{}", LATER),
    }


def new_namespace() -> Entries:
    """What `old_namespace` must become."""
    return {
        "event:x": Entry(b"x"),
        "orchestrator:result:c": Entry(b"{}", LATER),
        "queue:lease:a": Entry(LEASE, LATER),
        "queue:task:a": Entry(b'{"id":"a"}', LATER, '{"m":1}'),
        "queue:task:b": Entry(b'{"id": "b"}', None),
    }


def exchange(step: str, body: Any, status: int = 200, path: str = "/") -> Call:
    return Call("1", "walk", "AMS", step, "GET", path, None, 0, 0, answered=0, status=status, answer=body)


def status(state: QueueState, **changes: Any) -> Call:
    """The honest answer of the status route."""
    counters = {
        "oldTaskCount": len(state.old_tasks),
        "newTaskCount": len(state.new_tasks),
        "oldLeaseCount": len(state.old_leases),
        "newLeaseCount": len(state.new_leases),
    }
    needed = bool(state.old_tasks or state.old_leases or "orchestrator:pending" in state.entries)
    return exchange("status", {"status": counters | changes, "needsMigration": needed})


def report(tasks: int = 2, leases: int = 1, **changes: Any) -> Call:
    """The honest answer of a run."""
    body = {
        "success": True,
        "message": "Migration completed successfully",
        "tasks": {"migrated": tasks, "failed": 0, "errors": []},
        "leases": {"migrated": leases, "failed": 0, "errors": []},
        "totalMigrated": tasks + leases,
        "totalFailed": 0,
        "errors": [],
    }
    return exchange("run", body | changes)


def writes(*operations: tuple[str, str], after: Mapping[str, Entry]) -> list[Event]:
    """Events of puts and deletes, in order; a put writes what ``after`` has under its key."""
    return [
        Event(index, NOW * 1000, "1", "put" if verb == "put" else "delete", key, after.get(key))
        for index, (verb, key) in enumerate(operations)
    ]


def faultless() -> Outcome:
    before, after = QueueState(old_namespace()), QueueState(new_namespace())
    events = writes(
        ("put", "queue:lease:a"),
        ("put", "queue:task:a"),
        ("put", "queue:task:b"),
        ("delete", "orchestrator:queue:a"),
        ("delete", "orchestrator:queue:b"),
        ("delete", "orchestrator:lease:a"),
        ("delete", "orchestrator:pending"),
        after=after.entries,
    )
    listing = exchange("queue", {"pending": ["a", "b"], "count": 2})
    return Outcome(
        at_status=before,
        before=before,
        after=after,
        events=events,
        asked=events,
        now=NOW,
        status_before=status(before),
        runs=[Run(report(), before, after)],
        status_after=status(after),
        rerun=Run(report(0, 0), after, after),
        listing=listing,
        calls=[
            listing,
            exchange("claim", {"success": True, "taskId": "b"}),
            exchange("complete", {"success": True}, path="/api/result/b"),
            exchange("queue again", {"pending": ["a"], "count": 1}),
        ],
        at_listing=after,
    )


def with_after(outcome: Outcome, **changes: Entry | None) -> Outcome:
    """The outcome with other entries after the run; a name's ``__`` stands for ``:``, None removes."""
    entries = dict(outcome.after.entries)
    for name, entry in changes.items():
        key = name.replace("__", ":")
        entries.pop(key, None)
        if entry is not None:
            entries[key] = entry
    state = QueueState(entries)
    runs = [replace(run, after=state) for run in outcome.runs]
    return replace(outcome, after=state, at_listing=state, runs=runs)
