"""The safe migration, judged as the documented one is."""

import json
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.explore.workforce import Processes
from harness.migrations.queue.rehearsal.crashes import explore_crashes
from harness.migrations.queue.reports.fate import fates
from harness.migrations.queue.simulation.scenario import Strategy
from harness.sources.source import open_source
from harness.terminal.exit_codes import HELD
from kvstore import SystemClock
from kvstore.faults import OPERATION
from tests.fixtures import GUIDE_5, unpack_busy
from tests.harness.queue.walks import NOW_MS, old_queue, rehearsed, walked


def test_busy_1200_moves_without_any_violation(tmp_path: Path) -> None:
    rehearsal = rehearsed(open_source(unpack_busy(tmp_path), SystemClock()), "safe")
    assert [verdict.invariant for verdict in rehearsal.violated] == []
    # All but the one whose body is no JSON, which is set aside as it was.
    assert len(fates(rehearsal.record).of["listed"]) == 1198
    assert list(rehearsal.record.final.quarantined) == ["slack_1764010333.433"]


def test_quarantined_entries_are_named_and_deeply_nested_ones_are_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = {
        "deep": '{"id": "deep", "x": ' + "[" * 3000 + "]" * 3000 + "}",
        "odd": b'{"id": "odd", "x": "\xff", "x": "\\ud800", "n": 1e999}'.decode("latin-1"),
        "bad": "{not json",
    }
    entries = [{"key": f"orchestrator:queue:{task}", "value": body} for task, body in bodies.items()]
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps([{"key": "orchestrator:pending", "value": json.dumps([*bodies])}, *entries]))
    report = tmp_path / "report.json"
    assert main(["-q", "--from", str(file), "--migration", "safe", "--json", str(report)]) == HELD
    text = capsys.readouterr().out
    assert "Of 2 live tasks the new Worker has: 2 listed" in text
    assert "1 set aside, beside those: bad." in text
    assert json.loads(report.read_text())["setAside"] == ["bad"]


@pytest.mark.parametrize("conditions", ["local", "production", "free", "hostile"])
def test_guide_5_moves_under_all_conditions(conditions: str) -> None:
    arguments = ["-q", "--from", str(GUIDE_5), "--migration", "safe", "--conditions", conditions]
    assert main(arguments) == HELD


@pytest.mark.parametrize("strategy", ["guide", "zero-downtime"])
def test_work_goes_on_while_it_migrates(strategy: Strategy) -> None:
    record = walked(300, 20, "safe", strategy)
    found = {fate: sorted(tasks) for fate, tasks in fates(record).of.items() if tasks and fate != "listed"}
    messages = record.to("POST", "/webhook/slack")
    results = [call for call in record.to("POST", "/api/result/*") if call.status == 200]
    assert messages
    assert results
    # The guide's own order strands what arrives before the new Worker, whatever the migration.
    assert found == ({"stranded": ["slack_1.001"]} if strategy == "guide" else {})


def test_no_fault_at_any_operation_does_any_damage() -> None:
    exploration = explore_crashes(old_queue(3, 2), NOW_MS, OPERATION, Processes(2), migration="safe")
    assert exploration.visited == len(OPERATION) * exploration.operations > 100
    assert exploration.violations == []
    assert exploration.baseline == []
