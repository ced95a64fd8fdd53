"""Workers that are not the queue's, broken or written to deceive, through the commands: words, never GO."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.terminal.exit_codes import INCONCLUSIVE, NOT_STARTED, VIOLATED

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
    "safe walk": ["--migration", "safe"],
    "orders with a coordinator": ["--explore", "orders", "--claims", "coordinator"],
    "crashes": ["--explore", "crashes", "--jobs", "1"],
    "schedules": ["--explore", "schedules", "--seeds", "2", "--jobs", "1"],
    "promises": ["--promises", "G01,G07", "--seeds", "2", "--jobs", "1"],
}
# Its answers are read for a minute by what asks so often.
SLOW = {("answers_deep", command) for command in ("safe walk", "promises", "schedules")}
CASES = [(name, command) for name in WORKERS for command in COMMANDS if (name, command) not in SLOW]
PATIENCE_SECONDS = 300  # for a busy machine
_GO = re.compile(r"^\s*GO\b", re.MULTILINE)


@pytest.mark.parametrize(("name", "command"), CASES)
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


@pytest.mark.own_clock
@pytest.mark.parametrize("command", ["walk", "scenario", "schedules"])
@pytest.mark.parametrize("name", TAKE_A_PROCESS)
def test_a_worker_that_takes_its_process_ends_in_words(name: str, command: str) -> None:
    arguments = ["queue", "--worker", str(FOLDER / name), "-q", "--timeout", "3", *COMMANDS[command]]
    done = subprocess.run(
        [sys.executable, "-m", "harness", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode in (NOT_STARTED, INCONCLUSIVE, VIOLATED)
    assert not _GO.search(done.stdout)
    assert "Traceback" not in done.stdout + done.stderr
    assert "fault of Understudy" not in done.stderr
