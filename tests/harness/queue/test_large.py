"""A namespace of which not everything is kept that can be found anew: every entry is judged all the same."""

from dataclasses import replace

import pytest

from harness.migrations.queue.layout import NEW_TASK
from harness.migrations.queue.rehearsal import rehearsal
from harness.migrations.queue.rehearsal.rehearsal import judged
from harness.migrations.queue.simulation import expectation
from harness.migrations.queue.simulation import record as records
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import QueueState
from kvstore import Entry, Event
from tests.harness.queue.walks import old_queue, walked

TASKS, LEASES, FEW = 60, 6, 5


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Record:
    """A walk that nothing is wrong with, with ten times as many entries as are kept."""
    for module in (expectation, records, rehearsal):
        monkeypatch.setattr(module, "MOST_ENTRIES", TASKS // 5)
    monkeypatch.setattr(expectation, "MOST_SPANS", FEW)
    sessions = {f"session:{number:03}": Entry(b"{}") for number in range(TASKS)}
    entries = old_queue(TASKS, LEASES).namespace.entries | sessions
    return walked(0, migration="safe", conditions="production", entries=dict(sorted(entries.items())))


def without(record: Record, key: str) -> Record:
    """The record with the deletion of ``key`` at the end of the migration's last request."""
    call = record.runs[-1]
    event = Event(len(record.writes), call.answered, call.name, "delete", key)
    final = QueueState({name: entry for name, entry in record.final.entries.items() if name != key})
    return replace(record, writes=[*record.writes, event], final=final)


def violated(record: Record) -> dict[str, set[str]]:
    """The keys of what is violated, by invariant."""
    return {
        one.invariant: {key for finding in one.findings for key in finding.keys}
        for one in judged(record)
        if not one.held
    }


def test_nothing_is_found_where_nothing_is_wrong(large: Record) -> None:
    assert violated(large) == {}
    assert len(large.final.new_tasks) == len(large.final.tasks) == TASKS
    assert len(large.final.others) == TASKS


def test_what_is_known_of_a_key_is_kept_of_few(large: Record) -> None:
    judged(large)
    assert 0 < len(large.expectation._spans) <= FEW


@pytest.mark.parametrize("place", [0, TASKS // 2, TASKS - 1])
def test_any_lost_task_is_found(large: Record, place: int) -> None:
    task = list(large.final.new_tasks)[place]
    found = violated(without(large, NEW_TASK + task))
    assert task in found["I1"] & found["I2"]


@pytest.mark.parametrize("place", [0, TASKS // 2, TASKS - 1])
def test_any_other_key_that_is_lost_is_found(large: Record, place: int) -> None:
    key = f"session:{place:03}"
    assert violated(without(large, key)) == {"I25": {key}}
