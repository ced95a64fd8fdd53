"""Rehearsals of the documented migration on real namespaces, with known numbers."""

from pathlib import Path

from harness.migrations.queue.example import example
from harness.migrations.queue.promises.judging.interface import STATUS
from harness.migrations.queue.rehearsal.rehearsal import Rehearsal, rehearse_queue, walk_of
from harness.migrations.queue.reports.fate import fates
from harness.migrations.queue.reports.rehearsal import as_json, as_text
from harness.migrations.queue.simulation.scenario import Strategy
from harness.sources.source import open_source
from kvstore import ManualClock, SystemClock
from kvstore.faults import Fault
from tests.fixtures import GUIDE_5, unpack_busy
from tests.harness.queue.walks import rehearsed

BROKEN_BY_DESIGN = {"I7", "I9", "I16"}


def rehearse(path: Path | None, strategy: Strategy = "steps") -> Rehearsal:
    clock = SystemClock()
    source = example(clock) if path is None else open_source(path, clock)
    return rehearsed(source, strategy=strategy)


def findings(rehearsal: Rehearsal) -> dict[str, list[str]]:
    return {
        verdict.invariant: [finding.what for finding in verdict.findings]
        for verdict in rehearsal.verdicts
        if not verdict.held
    }


def keys(rehearsal: Rehearsal, text: str) -> list[str]:
    for verdict in rehearsal.verdicts:
        for finding in verdict.findings:
            if text in finding.what:
                return list(finding.keys)
    raise AssertionError(f"nothing says {text!r}")


def test_guide_5_moves_as_the_guide_says() -> None:
    rehearsal = rehearse(GUIDE_5)
    record = rehearsal.record
    run = record.runs[-1]
    assert (run.status, run.member("totalMigrated"), run.member("totalFailed")) == (200, 7, 0)
    assert (run.member("tasks", "migrated"), run.member("leases", "migrated")) == (5, 2)
    # As counted on the original: 4 + 4 for every task + 4 for every lease.
    assert run.operations == 32
    assert record.to("GET", "/api/migrate/status")[0].answer == STATUS


def test_guide_5_shows_what_the_documented_migration_breaks_even_there() -> None:
    found = findings(rehearse(GUIDE_5))
    assert found.keys() == BROKEN_BY_DESIGN
    assert found["I7"] == ["5 tasks now expire earlier"]
    assert found["I9"] == [
        "2 held tasks could be claimed during the run: the task was copied before its lease"
    ]


def test_busy_1200_names_what_is_stranded_and_why(tmp_path: Path) -> None:
    rehearsal = rehearse(unpack_busy(tmp_path))
    found = findings(rehearsal)
    assert sorted(found["I2"]) == [
        "1 live task is not in the new format: JavaScript takes the body for false",
        "1 live task is not in the new format: the body is not JSON",
        "2 live tasks are not in the new format: no pending list names their ids",
    ]
    assert keys(rehearsal, "JavaScript takes the body for false") == ["evt_1764010334_ouq"]
    assert keys(rehearsal, "no pending list names") == ["orphan-1", "orphan-2"]
    assert keys(rehearsal, "the body is not JSON") == ["slack_1764010333.433"]
    assert {fate: len(tasks) for fate, tasks in fates(rehearsal.record).of.items()} == {
        "listed": 1000,
        "hidden": 195,
        "stranded": 4,
        "lost": 0,
    }


def test_busy_1200_shows_the_guides_counts_beside_the_truth(tmp_path: Path) -> None:
    found = findings(rehearse(unpack_busy(tmp_path)))
    assert found["I17"] == [
        "3 answers of the status route were wrong about oldTaskCount: 1202, in truth 1199",
        "2 answers of the status route were wrong about newTaskCount: 1000, in truth 1195",
        "2 answers of the status route were wrong about needsMigration: false, and there was something of "
        "the old format",
    ]
    assert found["I16"] == [
        "1 answer of a run lacks members",
        "1 answer names failures of tasks that were not there to be moved",
    ]


def test_busy_1200_shows_what_the_copies_lost(tmp_path: Path) -> None:
    rehearsal = rehearse(unpack_busy(tmp_path))
    found = findings(rehearsal)
    assert found["I6"] == [
        "1 of the copies is different in bytes",
        "30 of the copies have other metadata",
    ]
    assert keys(rehearsal, "different in bytes") == ["evt_1764010335_uyp"]
    assert found["I7"] == [
        "1,165 tasks now expire earlier",
        "30 permanent tasks now do expire",
    ]
    assert found["I9"] == [
        "20 leases end before their time: the copy has a shorter life",
        "40 held tasks could be claimed during the run: the task was copied before its lease",
    ]


def test_strategy_guide_strands_what_arrives_before_the_new_worker(tmp_path: Path) -> None:
    rehearsal = rehearse(GUIDE_5, "guide")
    assert keys(rehearsal, "arrived in the old format during the run, or after it") == ["slack_1.001"]
    assert keys(rehearsal, "the pending list is there") == ["orchestrator:pending"]
    held, polled = rehearsal.record.to("POST", "/api/queue/claim")
    assert (held.member("success"), polled.member("success")) == (True, False)


def test_the_example_is_a_queue_with_every_kind_of_trouble() -> None:
    source = example(ManualClock(1_800_000_000_000))
    again = example(ManualClock(1_800_000_000_000))
    assert source == again
    rehearsal = rehearse(None)
    assert findings(rehearsal).keys() >= {"I2", "I3", "I6", "I7", "I9", "I16", "I17"}


def test_the_report_fits_a_screen_and_says_how_to_run_it_again(tmp_path: Path) -> None:
    rehearsal = rehearse(unpack_busy(tmp_path))
    text = as_text(rehearsal)
    assert len(text.splitlines()) <= 60
    assert max(len(line) for line in text.splitlines()) <= 110
    assert "Of 1,199 live tasks the new Worker has: 1,000 listed · 195 hidden · 4 stranded · 0 lost" in text
    assert "NO-GO: 7 of 12 invariants violated (I2, I3, I6, I7, I9, I16, I17)" in text


def test_the_json_report_names_every_key(tmp_path: Path) -> None:
    document = as_json(rehearse(unpack_busy(tmp_path)))
    assert len(document["fates"]["hidden"]) == 195
    assert document["inventory"]["before"]["orphans"] == ["orphan-1", "orphan-2"]
    by_name = {verdict["invariant"]: verdict for verdict in document["verdicts"]}
    assert sum(len(finding["keys"]) for finding in by_name["I7"]["findings"]) == 1195
    assert by_name["I1"]["held"]


def test_a_small_rehearsal_goes_through_every_step_of_the_guide() -> None:
    rehearsal = rehearse(GUIDE_5)
    assert rehearsal.record.judged["listing"].member("pending") == [
        "task1", "task2", "task3", "task4", "task5",
    ]  # fmt: skip
    assert [one["step"] for one in as_json(rehearsal)["exchanges"]] == [
        "status", "run", "status again", "queue", "queue", "claim", "complete", "queue again",
    ]  # fmt: skip


def test_what_an_operator_was_not_told_is_said(tmp_path: Path) -> None:
    source = open_source(unpack_busy(tmp_path), SystemClock())
    scenario = walk_of("documented")
    rehearsal = rehearse_queue(source, scenario, SystemClock().now_ms(), fault=Fault("crash", 7))
    assert "The run was cut off, with no answer" in as_text(rehearsal)
    assert rehearsal.decision.looked is not None
    assert rehearsal.decision.looked.fired == 1
