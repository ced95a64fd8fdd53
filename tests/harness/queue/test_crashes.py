"""The search through every operation of a run."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.explore.workforce import Processes
from harness.migrations.queue.layout import belongs_to_migration as belongs
from harness.migrations.queue.rehearsal.crashes import Exploration, Violation, explore_crashes, uninterrupted
from harness.migrations.queue.rehearsal.rehearsal import Walk
from harness.migrations.queue.worker import OURS
from harness.terminal.exit_codes import VIOLATED
from kvstore import SystemClock, write_bulk
from kvstore.faults import Fault
from tests.harness.queue.walks import NOW_MS, old_queue


def explored(tasks: int, leases: int, *kinds: str, jobs: int = 1) -> Exploration:
    return explore_crashes(old_queue(tasks, leases), NOW_MS, kinds, Processes(jobs))


def found(exploration: Exploration, text: str) -> Violation:
    return next(one for one in exploration.violations if text in one.what)


def test_every_operation_is_visited_with_every_fault() -> None:
    exploration = explored(2, 1, "crash", "refused", "unanswered", "outage")
    assert exploration.operations == 4 + 4 * 2 + 4
    assert exploration.visited == 4 * exploration.operations


def test_a_crash_before_the_leases_leaves_them_behind() -> None:
    exploration = explored(3, 2, "crash")
    stranded = found(exploration, "still in the old format")
    # After the list is deleted the migration counts as done: the scan of the leases comes next.
    assert stranded.operation == "scan orchestrator:lease:"
    assert stranded.first == Fault("crash", 16)
    assert set(stranded.hazards) == {"H17"}


def test_a_crash_after_the_last_task_leaves_the_list_for_ever() -> None:
    exploration = explored(3, 0, "crash")
    kept = found(exploration, "the pending list is there")
    assert kept.operation == "delete orchestrator:pending"
    assert kept.points == {"crash": [15]}


def test_a_refused_delete_strands_what_was_copied() -> None:
    exploration = explored(3, 0, "refused")
    assert set(found(exploration, "wrong about needsMigration").hazards) == {"H17"}


def test_a_fatal_error_is_reported_as_success() -> None:
    exploration = explored(1, 0, "refused")
    lie = found(exploration, "success, status and errors do not fit together")
    assert lie.operation == "get orchestrator:pending"
    assert lie.first.at == 2


def test_a_crash_is_what_was_written_before_it() -> None:
    walk = Walk(OURS, old_queue(2, 1).namespace.entries, NOW_MS)
    plain = uninterrupted(walk, "documented")
    for points in plain.crash_points().values():
        ends = [walk.take(replace(plain.struck(Fault("crash", at)), runs=1)).final for at in points]
        queues = [{key: entry for key, entry in end.entries.items() if belongs(key)} for end in ends]
        assert all(queue == queues[0] for queue in queues), points


def test_the_search_is_the_same_on_two_processes() -> None:
    alone, together = [explored(2, 1, "crash", "refused", jobs=jobs) for jobs in (1, 2)]
    assert alone.violations == together.violations


def test_the_command_reports_and_its_replay_shows_the_violation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "queue.json"
    file.write_text(write_bulk(old_queue(3, 2, SystemClock().now_ms()).namespace.entries))
    arguments = [
        "queue",
        "-q",
        "--from",
        str(file),
        "--explore",
        "crashes",
        "--faults",
        "crash",
        "--jobs",
        "1",
    ]
    assert main([*arguments, "--json", str(tmp_path / "search.json")]) == VIOLATED
    text = capsys.readouterr().out
    document = json.loads((tmp_path / "search.json").read_text())
    assert document["exhausted"]
    violation = next(one for one in document["violations"] if "still in the old format" in one["what"])
    assert violation["replay"] in text
    command = violation["replay"].split()
    assert command[:2] == ["rehearse", "queue"]
    main([*command[1:], "-q"])
    assert violation["what"] in capsys.readouterr().out
