"""Rehearsals of the documented migration on real namespaces, with known numbers."""

from pathlib import Path

import pytest

from harness.migrations.queue.example import example
from harness.migrations.queue.walk.fate import fates
from harness.migrations.queue.walk.rehearse import rehearse_queue
from harness.migrations.queue.walk.report import Rehearsal, as_json, as_text
from harness.migrations.queue.walk.steps import Strategy
from harness.sources.source import open_source
from kvstore import ManualClock, SystemClock
from tests.fixtures import GUIDE_5, unpack_busy

pytestmark = pytest.mark.anyio

BROKEN_BY_DESIGN = {"I7", "I9", "I16"}


async def rehearse(path: Path | None, strategy: Strategy = "steps") -> Rehearsal:
    # The Worker reads the machine's time, so its store must too.
    clock = SystemClock()
    source = example(clock) if path is None else open_source(path, clock)
    return await rehearse_queue(source, clock, strategy=strategy)


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


async def test_guide_5_moves_as_the_guide_says() -> None:
    rehearsal = await rehearse(GUIDE_5)
    run = rehearsal.outcome.run
    assert (run.status, run.member("totalMigrated"), run.member("totalFailed")) == (200, 7, 0)
    assert (run.member("tasks", "migrated"), run.member("leases", "migrated")) == (5, 2)
    # As counted on the original: 4 + 4 for every task + 4 for every lease.
    assert run.operations == 32
    assert rehearsal.outcome.status_before.answer == {
        "success": True,
        "status": {
            "oldFormatExists": True,
            "newFormatExists": False,
            "oldTaskCount": 5,
            "newTaskCount": 0,
            "oldLeaseCount": 2,
            "newLeaseCount": 0,
        },
        "needsMigration": True,
        "recommendation": "Run migration to move to new format",
    }


async def test_guide_5_shows_what_the_documented_migration_breaks_even_there() -> None:
    found = findings(await rehearse(GUIDE_5))
    assert found.keys() == BROKEN_BY_DESIGN
    assert found["I7"] == ["5 tasks now expire earlier: all deadlines are now 60 minutes after the run"]
    assert found["I9"] == [
        "2 held tasks could be claimed during the run: the lease was copied after the task"
    ]


async def test_busy_1200_names_what_is_stranded_and_why(tmp_path: Path) -> None:
    rehearsal = await rehearse(unpack_busy(tmp_path))
    found = findings(rehearsal)
    assert found["I2"] == [
        "1 live task is not in the new format: JavaScript takes the body for false",
        "2 live tasks are not in the new format: no pending list names their ids",
        "1 live task is not in the new format: the body is not JSON",
    ]
    assert keys(rehearsal, "JavaScript takes the body for false") == ["evt_1764010334_ouq"]
    assert keys(rehearsal, "no pending list names") == ["orphan-1", "orphan-2"]
    assert keys(rehearsal, "the body is not JSON") == ["slack_1764010333.433"]
    assert {fate: len(tasks) for fate, tasks in fates(rehearsal.outcome).items()} == {
        "listed": 1000,
        "hidden": 195,
        "stranded": 4,
        "lost": 0,
    }


async def test_busy_1200_shows_the_guides_counts_beside_the_truth(tmp_path: Path) -> None:
    found = findings(await rehearse(unpack_busy(tmp_path)))
    assert found["I17"] == [
        "before the run oldTaskCount is 1202, in truth 1199",
        "after the run needsMigration is false, but what is there: "
        "4 old tasks, 0 old leases, no pending list",
        "after the run oldTaskCount is 0, in truth 4",
        "after the run newTaskCount is 1000, in truth 1195",
    ]
    assert found["I16"] == [
        "3 members are missing from the answer of a second run",
        "5 reported failures are none: nothing is there to move for a dangling or repeated id",
    ]


async def test_busy_1200_shows_what_the_copies_lost(tmp_path: Path) -> None:
    rehearsal = await rehearse(unpack_busy(tmp_path))
    found = findings(rehearsal)
    assert found["I6"] == [
        "1 of the copies is different in bytes: parsed and written again",
        "30 of the copies have lost their metadata",
    ]
    assert keys(rehearsal, "different in bytes") == ["evt_1764010335_uyp"]
    assert found["I7"] == [
        "1,165 tasks now expire earlier: all deadlines are now 60 minutes after the run",
        "30 permanent tasks now do expire: all deadlines are now 60 minutes after the run",
    ]
    assert found["I9"] == [
        "20 leases now end before their time",
        "40 held tasks could be claimed during the run: the lease was copied after the task",
    ]


async def test_strategy_guide_strands_what_arrives_before_the_new_worker(tmp_path: Path) -> None:
    rehearsal = await rehearse(GUIDE_5, "guide")
    assert keys(rehearsal, "arrived in the old format after the run") == ["slack_1.1"]
    assert keys(rehearsal, "the pending list is there") == ["orchestrator:pending"]
    polls = next(one for one in rehearsal.outcome.calls if one.step == "old daemon polls")
    assert polls.member("success") is False


async def test_the_example_is_a_queue_with_every_kind_of_trouble() -> None:
    source = example(ManualClock(1_800_000_000_000))
    again = example(ManualClock(1_800_000_000_000))
    assert source == again
    rehearsal = await rehearse(None)
    assert findings(rehearsal).keys() >= {"I2", "I3", "I6", "I7", "I9", "I16", "I17"}


async def test_the_report_fits_a_screen_and_says_how_to_run_it_again(tmp_path: Path) -> None:
    rehearsal = await rehearse(unpack_busy(tmp_path))
    text = as_text(rehearsal)
    assert len(text.splitlines()) <= 60
    assert max(len(line) for line in text.splitlines()) <= 110
    assert "Of 1,199 live tasks the new Worker has: 1,000 listed · 195 hidden · 4 stranded · 0 lost" in text
    assert "NO-GO: 7 of 12 invariants violated (I2, I3, I6, I7, I9, I16, I17)" in text


async def test_the_json_report_names_every_key(tmp_path: Path) -> None:
    document = as_json(await rehearse(unpack_busy(tmp_path)))
    assert len(document["fates"]["hidden"]) == 195
    assert document["inventory"]["before"]["orphans"] == ["orphan-1", "orphan-2"]
    by_name = {verdict["invariant"]: verdict for verdict in document["verdicts"]}
    assert sum(len(finding["keys"]) for finding in by_name["I7"]["findings"]) == 1195
    assert by_name["I1"]["held"]


async def test_the_listing_is_complete_when_the_rehearsal_is_small() -> None:
    rehearsal = await rehearse(GUIDE_5)
    assert rehearsal.outcome.listed == ["task1", "task2", "task3", "task4", "task5"]
    assert [one.step for one in rehearsal.outcome.calls] == [
        "status",
        "run",
        "status again",
        "queue",
        "claim",
        "complete",
        "queue again",
    ]
