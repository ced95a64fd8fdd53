"""Workers that are not the queue's, broken or written to deceive, through the commands: words, never GO."""

import re
from pathlib import Path

import pytest

from harness import client
from harness.cli import main
from harness.exit_codes import INCONCLUSIVE, NOT_STARTED, VIOLATED

FOLDER = Path(__file__).parent / "workers"
# They end the process, keep it busy for ever or write to its output: nothing in the same process helps.
TAKE_A_PROCESS = (
    "asks_for_ever",
    "exits_at_import",
    "kills_the_process",
    "kills_the_process_at_import",
    "loops_for_ever",
    "prints_go",
)
WORKERS = sorted(one.name for one in FOLDER.iterdir() if one.is_dir() and one.name not in TAKE_A_PROCESS)
COMMANDS = {
    "walk": [],
    "crashes of a scenario": ["--explore", "crashes", "--scenario", "tasks=1 runs=1", "--jobs", "1"],
    "orders": ["--explore", "orders"],
    "scenario": ["--scenario", "seed=3 tasks=2 daemons=1 producers=1 runs=1"],
}
_GO = re.compile(r"^\s*GO\b", re.MULTILINE)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "IDLE_SECONDS", 1)


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_that_is_none_ends_in_words(
    name: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["queue", "--worker", str(FOLDER / name), "-q", *COMMANDS[command]])
    out, err = capsys.readouterr()
    assert code in (NOT_STARTED, INCONCLUSIVE, VIOLATED)
    assert out or err
    assert not _GO.search(out + err)
    assert "Traceback" not in out + err
    assert "fault of Understudy" not in err
