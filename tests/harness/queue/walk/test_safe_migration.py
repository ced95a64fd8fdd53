"""The safe migration, judged as the documented one is."""

import json
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.explore.workforce import Processes
from harness.migrations.queue.explore.crashes import explore_crashes
from harness.migrations.queue.walk.rehearse import rehearse_queue
from harness.migrations.queue.walk.stage import Stage
from harness.migrations.queue.walk.steps import Strategy, Walk
from harness.sources.source import open_source
from harness.terminal.exit_codes import HELD
from kvstore import ManualClock, SqliteStore, SystemClock
from kvstore.faults import OPERATION
from tests.fixtures import GUIDE_5, unpack_busy
from tests.harness.queue.namespaces import NOW_MS, old_queue

pytestmark = pytest.mark.anyio


async def test_busy_1200_moves_without_any_violation(tmp_path: Path) -> None:
    clock = SystemClock()
    source = open_source(unpack_busy(tmp_path), clock)
    rehearsal = await rehearse_queue(source, clock, migration="safe")
    assert [verdict.invariant for verdict in rehearsal.violated] == []
    # All but the one whose body is no JSON, which is set aside as it was.
    assert len(rehearsal.outcome.listed) == 1198
    assert list(rehearsal.outcome.after.quarantined) == ["slack_1764010333.433"]


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
async def test_work_goes_on_while_it_migrates(strategy: Strategy) -> None:
    store = SqliteStore.in_memory(ManualClock(NOW_MS))
    await store.put_many(old_queue(300, 20).namespace.entries)
    outcome = await Walk(Stage(store), strategy, migration="safe").take()
    if strategy == "zero-downtime":
        assert outcome.born
        assert outcome.done
        assert sorted(outcome.listed) == sorted(outcome.expected)
    else:
        # The guide's own order strands what arrives before the new Worker, whatever the migration.
        assert set(outcome.expected) - set(outcome.listed) == {"slack_1.1"}


async def test_no_fault_at_any_operation_does_any_damage() -> None:
    exploration = await explore_crashes(old_queue(3, 2), NOW_MS, OPERATION, Processes(2), migration="safe")
    assert exploration.visited == len(OPERATION) * exploration.operations > 100
    assert exploration.violations == []
    assert exploration.baseline == []
