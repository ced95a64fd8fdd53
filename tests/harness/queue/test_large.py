"""A namespace of which not everything is kept that can be found anew: every entry is judged all the same."""

from dataclasses import replace
from typing import get_args

import pytest

from harness.migrations.queue.layout import NEW_TASK
from harness.migrations.queue.rehearsal import rehearsal
from harness.migrations.queue.rehearsal.rehearsal import judged
from harness.migrations.queue.simulation import expectation
from harness.migrations.queue.simulation import record as records
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Migration
from harness.migrations.queue.state import QueueState
from kvstore import Entry, Event
from kvstore.stores.names import MANY
from kvstore.stores.table import Table
from tests.harness.queue.walks import old_queue, walked

TASKS, LEASES, FEW = 60, 6, 5


@pytest.fixture(params=["in memory", "in a file"])
def large(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Record:
    """A walk that nothing is wrong with, with ten times as many entries as are kept."""
    for module in (expectation, records, rehearsal):
        monkeypatch.setattr(module, "MOST_ENTRIES", TASKS // 5)
    monkeypatch.setattr(expectation, "MOST_SPANS", FEW)
    return walked_in(request.param, "safe", "production")


def walked_in(place: str, migration: Migration, conditions: str) -> Record:
    """A walk on tasks and as many other keys, of which few are in memory or all of them."""
    sessions = {f"session:{number:03}": Entry(b"{}") for number in range(TASKS)}
    entries = sorted({**old_queue(TASKS, LEASES).namespace.entries, **sessions}.items())
    table = Table(entries, most=FEW if place == "in a file" else MANY)
    return walked(0, migration=migration, conditions=conditions, entries=table)


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


@pytest.mark.parametrize("migration", get_args(Migration))
@pytest.mark.parametrize("conditions", ["local", "production", "free"])
def test_what_is_in_a_file_is_judged_alike(migration: Migration, conditions: str) -> None:
    one, other = (walked_in(place, migration, conditions) for place in ("in memory", "in a file"))
    assert one.fingerprint == other.fingerprint
    assert list(one.asked) == list(other.asked)
    assert dict(one.final.entries) == dict(other.final.entries)
    assert judged(one) == judged(other)


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
