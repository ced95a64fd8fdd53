"""Rehearsals under limits. The numbers of the first part were counted on the original migration."""

import pytest

from harness.migrations.queue.walk.outcome import Outcome
from harness.migrations.queue.walk.stage import Stage
from harness.migrations.queue.walk.steps import Walk
from kvstore import KVError, ManualClock, SeededEntropy, SqliteStore, SystemClock
from kvstore.conditions import CONDITIONS, Conditions
from kvstore.faults import read_fault
from kvstore.layers.quotas import Allowance
from kvstore.layers.transit import OneFault
from kvstore.platform import COLO, Layers, clock_of
from tests.harness.queue.namespaces import NOW_MS, old_queue

pytestmark = pytest.mark.anyio


def budget(operations: int) -> Conditions:
    return Conditions("budget", Allowance(operations=operations))


async def walked(tasks: int, leases: int, conditions: Conditions, runs: int, seed: int = 1) -> Outcome:
    store = SqliteStore.in_memory(ManualClock(NOW_MS))
    await store.put_many(old_queue(tasks, leases).namespace.entries)
    return await Walk(Stage(store, conditions, seed), runs=runs).take()


def moved(outcome: Outcome) -> list[int]:
    return [run.report.member("tasks", "migrated") for run in outcome.runs]


async def test_a_budget_of_1000_moves_249_tasks_in_a_run() -> None:
    outcome = await walked(2000, 0, budget(1000), runs=1)
    report = outcome.run
    assert (report.status, moved(outcome), report.member("tasks", "failed")) == (207, [249], 1751)
    # The 250th was put, and neither verified nor deleted.
    assert len(outcome.after.new_tasks) == 250
    assert len(outcome.after.old_tasks) == 1751


async def test_entries_moved_by_an_earlier_run_are_reported_as_failed_by_the_next() -> None:
    outcome = await walked(250, 0, budget(1000), runs=2)
    assert moved(outcome) == [249, 1]
    assert outcome.run.member("tasks", "failed") == 249
    assert outcome.after.old_tasks == {}


async def test_tasks_beyond_the_budget_are_never_moved_however_often_it_runs() -> None:
    outcome = await walked(60, 0, budget(50), runs=40)
    # 45 are moved, and the 46th is copied anew in every run, which then has no operation left to delete it.
    assert len(outcome.after.new_tasks) == 46
    assert len(outcome.after.old_tasks) == 60 - 45
    assert moved(outcome)[-1] == 0
    assert outcome.run.status == 207


async def test_twelve_tasks_and_a_budget_of_50_never_get_rid_of_the_list() -> None:
    outcome = await walked(12, 0, budget(50), runs=5)
    assert outcome.after.old_tasks == {}
    assert "orchestrator:pending" in outcome.after.entries


async def test_leases_stay_behind_when_the_budget_ends_between_tasks_and_leases() -> None:
    outcome = await walked(600, 600, budget(1000), runs=5)
    assert len(outcome.after.new_leases) == 81
    assert len(outcome.after.old_leases) == 519
    assert outcome.run.member("message") == "Migration not needed - already using new format"


async def test_only_the_first_1000_leases_are_moved() -> None:
    outcome = await walked(1500, 1500, Conditions("unlimited"), runs=1)
    assert (len(outcome.after.new_leases), len(outcome.after.old_leases)) == (1000, 500)


async def test_the_free_plan_ends_the_day_after_1000_writes() -> None:
    outcome = await walked(1200, 0, CONDITIONS["free"], runs=10)
    errors = " ".join(error for run in outcome.runs for error in run.report.member("errors"))
    assert "Too many API requests by single Worker invocation." in errors
    assert len(outcome.after.new_tasks) <= 1000


async def test_time_is_simulated_where_locations_are() -> None:
    outcome = await walked(5, 2, CONDITIONS["production"], runs=1)
    # 32 operations of 10 ms.
    assert outcome.run.seconds == pytest.approx(0.32)
    assert outcome.run.member("totalMigrated") == 7


async def test_the_same_seed_gives_the_same_rehearsal() -> None:
    walks = [await walked(30, 5, CONDITIONS["hostile"], runs=3, seed=seed) for seed in (7, 7, 8)]
    told = [[(one.step, one.status, one.answer) for one in walk.calls] for walk in walks]
    assert told[0] == told[1]
    assert walks[0].after.entries == walks[1].after.entries


def test_only_local_conditions_use_the_machines_time() -> None:
    assert isinstance(clock_of(CONDITIONS["local"]), SystemClock)
    assert all(
        isinstance(clock_of(CONDITIONS[name]), ManualClock) for name in ("production", "free", "hostile")
    )


async def test_the_judge_sees_what_was_done_and_not_what_was_told() -> None:
    layers = Layers(SqliteStore.in_memory(ManualClock(NOW_MS)), budget(1))
    namespace = layers.location(COLO, OneFault(), SeededEntropy(1)).namespace
    with layers.invocations.start("one"):
        await namespace.put("a", "1")
        with pytest.raises(Exception, match="Too many API requests"):
            await namespace.put("b", "1")
    assert [event.key for event in layers.asked] == ["a", "b"]
    assert [event.key for event in layers.done.events] == ["a"]


async def test_refused_operations_were_sent_and_count() -> None:
    """In a rehearsal as in a simulation, for both are composed in one place."""
    for fault in ("refused", "unanswered", "outage"):
        layers = Layers(SqliteStore.in_memory(ManualClock(NOW_MS)), budget(2))
        namespace = layers.location(COLO, OneFault(read_fault(f"{fault}@1")), SeededEntropy(1)).namespace
        with layers.invocations.start("one") as invocation:
            for expected in ("500", "500" if fault == "outage" else None, "500|Too many"):
                if expected is None:
                    await namespace.put("a", "1")
                    continue
                with pytest.raises(KVError, match=expected):
                    await namespace.put("b", "1")
            assert invocation.operations == 3
