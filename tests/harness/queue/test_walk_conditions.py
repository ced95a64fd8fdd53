"""Rehearsals under limits. The numbers of the first part were counted on the original migration."""

from harness.migrations.queue.checkers import judge_walk
from harness.migrations.queue.layout import NEW_TASK
from harness.migrations.queue.rehearsal.rehearsal import judged
from harness.migrations.queue.simulation.record import Record
from tests.harness.queue.walks import walked


def moved(record: Record) -> list[int]:
    return [run.member("tasks", "migrated") for run in record.runs]


def test_a_budget_of_1000_moves_249_tasks_in_a_run() -> None:
    record = walked(2000, 0, budget=1000, runs=1)
    report = record.runs[-1]
    assert (report.status, moved(record), report.member("tasks", "failed")) == (207, [249], 1751)
    # The 250th was put, and neither verified nor deleted.
    assert len(record.final.new_tasks) == 250
    assert len(record.final.old_tasks) == 1751


def test_entries_moved_by_an_earlier_run_are_reported_as_failed_by_the_next() -> None:
    record = walked(250, 0, budget=1000, runs=2)
    assert moved(record) == [249, 1]
    assert record.runs[-1].member("tasks", "failed") == 249
    assert record.final.old_tasks == {}


def test_tasks_beyond_the_budget_are_never_moved_however_often_it_runs() -> None:
    record = walked(60, 0, budget=50, runs=40)
    # 45 are moved, and the 46th is copied anew in every run, which then has no operation left to delete it.
    assert len(record.final.new_tasks) == 46
    assert len(record.final.old_tasks) == 60 - 45
    assert moved(record)[-1] == 0
    assert record.runs[-1].status == 207


def test_twelve_tasks_and_a_budget_of_50_never_get_rid_of_the_list() -> None:
    record = walked(12, 0, budget=50, runs=5)
    assert record.final.old_tasks == {}
    assert "orchestrator:pending" in record.final.entries


def test_leases_stay_behind_when_the_budget_ends_between_tasks_and_leases() -> None:
    record = walked(600, 600, budget=1000, runs=5)
    assert len(record.final.new_leases) == 81
    assert len(record.final.old_leases) == 519
    assert record.runs[-1].member("message") == "Migration not needed - already using new format"


def test_only_the_first_1000_leases_are_moved() -> None:
    record = walked(1500, 1500, runs=1)
    assert (len(record.final.new_leases), len(record.final.old_leases)) == (1000, 500)


def test_the_free_plan_ends_the_day_after_1000_writes() -> None:
    record = walked(1200, 0, conditions="free", runs=10)
    errors = " ".join(error for run in record.runs for error in run.member("errors"))
    assert "Too many API requests by single Worker invocation." in errors
    assert len(record.final.new_tasks) <= 1000


def test_the_same_seed_gives_the_same_rehearsal() -> None:
    records = [walked(30, 5, conditions="hostile", runs=3, seed=seed) for seed in (7, 7, 8)]
    assert records[0].fingerprint == records[1].fingerprint != records[2].fingerprint
    assert records[0].final == records[1].final


def test_a_day_that_is_over_ends_a_walk_and_is_said() -> None:
    record = walked(1200, 0, "safe", conditions="free")
    assert record.ended - record.began < 3_600_000
    completion = next(one for one in judged(record) if one.invariant == "I2")
    assert ["the day's operations were used up" in one.what for one in completion.findings[:1]] == [True]


def test_a_copy_that_was_not_seen_yet_is_made_again_and_counted_again() -> None:
    record = walked(300, 0, "safe", conditions="hostile")
    puts = [event for event in record.writes if event.verb == "put" and event.key.startswith(NEW_TASK)]
    again = [event for event in puts if record.versions.before(event) is not None]
    assert again
    assert sum(run.member("tasks", "migrated") for run in record.runs) == len(puts)
    assert [verdict.invariant for verdict in judge_walk(record) if not verdict.held] == []


def test_states_around_many_requests_are_put_together_when_they_are_asked_for() -> None:
    record = walked(300, 0, "safe", conditions="hostile")
    assert len(record.around) > 50
    before = [record.around[run.name][0] for run in record.runs]
    assert before[0].old_tasks.keys() == record.start.old_tasks.keys()
    # In whatever order.
    assert record.around[record.runs[3].name][0].entries == before[3].entries
