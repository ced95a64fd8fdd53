"""The queue's Worker in JavaScript: what is found in the one in Python is found in it, too."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.migrations.queue.explore.system import Queue, worker_code
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import QueueWorker
from harness.system.javascript.code import JavaScriptCode
from harness.terminal.exit_codes import NOT_STARTED, VIOLATED

from .simulation.test_hazards_page import ROWS

TWIN = Path(__file__).parent / "twin"
BIN = Path(__file__).parents[3] / ".real" / "node_modules" / ".bin"
CLAIMS = "seed=1 conditions=local tasks=1 runs=1 at_once=claim,claim order=a4b7"

pytestmark = pytest.mark.workerd


@pytest.fixture(autouse=True)
def real_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What running JavaScript takes. The workerd that was started is ended."""
    for part in ("workerd", "esbuild"):
        if not (BIN / part).exists():
            pytest.skip(f"{part} is not installed: npm install --prefix .real wrangler@4.86.0")
        monkeypatch.setenv(f"{part.upper()}_BIN", str(BIN / part))
    yield
    code = worker_code(QueueWorker(TWIN))
    assert isinstance(code, JavaScriptCode)
    code.close()


def test_the_hazards_of_the_documented_migration_are_recognised() -> None:
    queue = Queue(QueueWorker(TWIN))
    found = set()
    for hazard, _, line in ROWS:
        if hazard in queue.hazards(queue.simulate(Scenario.read(line))):
            found.add(hazard)
        if len(found) == 40:
            return
    pytest.fail(f"only {len(found)} of {len(ROWS)}: {sorted(found)}")


def test_two_workers_hold_one_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", "-q", "--worker", str(TWIN), "--scenario", CLAIMS]) == VIOLATED
    assert "1 task was held by two at once: two claims in one location" in capsys.readouterr().out


def test_the_documented_migration_is_rehearsed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", "-q", "--worker", str(TWIN)]) == VIOLATED
    assert (
        "3 live tasks are not in the new format: no pending list names their ids" in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (["--promises", "G01"], "is not in Python, and --promises asks the Worker in this process"),
        (["--scenario", "tasks=1 claims=coordinator"], "Durable Objects, which only Python Workers have"),
    ],
)
def test_what_only_python_workers_do_is_said(
    flags: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["queue", "-q", "--worker", str(TWIN), *flags]) == NOT_STARTED
    assert why in capsys.readouterr().err


def test_a_worker_with_other_namespaces_is_not_the_queues(capsys: pytest.CaptureFixture[str]) -> None:
    board = Path(__file__).parents[3] / "examples" / "board" / "naive"

    assert main(["queue", "-q", "--worker", str(board), "--scenario", "tasks=1"]) == NOT_STARTED
    assert "it binds env.BOARD to a KV namespace" in capsys.readouterr().err


@pytest.fixture
def with_ai(tmp_path: Path) -> Iterator[Path]:
    """The Worker with a binding that is not emulated, and that it does not use."""
    folder = shutil.copytree(TWIN, tmp_path / "twin")
    with (folder / "wrangler.toml").open("a") as file:
        file.write('\n[ai]\nbinding = "AI"\n')
    yield folder
    worker_code(QueueWorker(folder, ("AI",))).renew()


def test_what_is_not_emulated_is_refused(with_ai: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["queue", "-q", "--worker", str(with_ai), "--scenario", "tasks=1"]) == NOT_STARTED
    said = capsys.readouterr().err
    assert "env.AI (AI). Where nothing depends on it, say --without AI; or leave it out" in said


def test_an_object_of_a_javascript_queue_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(TWIN, tmp_path / "twin")
    with (folder / "wrangler.toml").open("a") as file:
        file.write('\n[[durable_objects.bindings]]\nname = "COORDINATOR"\nclass_name = "TaskCoordinator"\n')
    assert main(["queue", "-q", "--worker", str(folder), "--scenario", "tasks=1"]) == NOT_STARTED
    said = capsys.readouterr().err
    assert (
        "in a rehearsal: env.COORDINATOR (Durable Object). Where nothing depends on it, say --without" in said
    )


def test_a_worker_is_rehearsed_without_what_is_not_emulated(
    with_ai: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = ["--worker", str(with_ai), "--without", "AI"]

    assert main(["queue", "-q", *own, "--scenario", CLAIMS, "--explore", "orders"]) == VIOLATED
    said = " ".join(capsys.readouterr().out.split())
    assert f"rehearse queue {' '.join(own)} --scenario" in said


def test_a_worker_does_without_what_it_binds_only(capsys: pytest.CaptureFixture[str]) -> None:
    own = ["--worker", str(TWIN), "--without", "AI"]

    assert main(["queue", "-q", *own, "--scenario", "tasks=1"]) == NOT_STARTED
    said = capsys.readouterr().err
    assert "--without AI names no binding that is not emulated; the Worker has none" in said
