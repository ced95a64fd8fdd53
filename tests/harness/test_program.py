"""``rehearse`` as a process: what a Worker does to it, and what Ctrl-C does, in words and without remains."""

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from select import select

import pytest

from harness.explore.workforce import Processes, Unfinished
from harness.terminal.exit_codes import NOT_STARTED
from kvstore.clock import stopwatch

pytestmark = pytest.mark.own_clock

REHEARSE = (sys.executable, "-m", "harness")
SEARCH = ("queue", "--explore", "schedules", "--seeds", "100000", "--jobs", "2")
PATIENCE = 300  # seconds, for a busy machine

FETCH = """
import os, signal, sys, time
from workers import WorkerEntrypoint

print("GO: all 12 invariants held")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        {}
"""
ENDS = {
    "exits at import": "import os; os._exit(0)",
    "raises at import": "raise SystemExit(0)",
    "exits": FETCH.format("os._exit(0)"),
    "raises": FETCH.format("sys.exit(0)"),
    "is interrupted": FETCH.format("raise KeyboardInterrupt"),
    "is killed": FETCH.format("os.kill(os.getpid(), signal.SIGKILL)"),
    "crashes": FETCH.format("os.kill(os.getpid(), signal.SIGSEGV)"),
}
HANGS = {
    "at import": "while True: pass",
    "in a loop": FETCH.format("while True: pass"),
    "asleep": FETCH.format("time.sleep(1e6)"),
}
KINDS = {
    "walk": (),
    "scenario": ("--scenario", "tasks=1"),
    "orders": ("--explore", "orders"),
    "schedules": ("--explore", "schedules", "--seeds", "2", "--jobs", "1"),
    "crashes": ("--explore", "crashes", "--jobs", "1"),
    "promises": ("--promises", "G01"),
}


@pytest.fixture
def worker(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a Worker with this code."""

    def write(code: str) -> Path:
        (tmp_path / "wrangler.toml").write_text(
            'name = "w"\nmain = "entry.py"\ncompatibility_date = "2025-01-01"\n'
            'compatibility_flags = ["python_workers"]\n'
        )
        (tmp_path / "entry.py").write_text(code)
        return tmp_path

    return write


def rehearsed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*REHEARSE, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize(
    ("ending", "kind"),
    [*((ending, "walk") for ending in ENDS), *(("exits", kind) for kind in KINDS), ("raises", "schedules")],
)
def test_a_worker_that_ends_the_process_is_no_verdict(
    ending: str, kind: str, worker: Callable[[str], Path]
) -> None:
    done = rehearsed("queue", "-q", "--worker", str(worker(ENDS[ending])), *KINDS[kind])
    assert (done.returncode, done.stdout) == (NOT_STARTED, "")
    assert "Traceback" not in done.stderr
    assert re.search(
        r"the code under test ended the process|was killed|crashed|SystemExit", done.stderr.splitlines()[-1]
    )


@pytest.mark.parametrize("kind", ["walk", "scenario", "schedules"])
@pytest.mark.parametrize("hanging", HANGS)
def test_a_request_that_takes_too_long_is_named_with_its_place(
    hanging: str, kind: str, worker: Callable[[str], Path]
) -> None:
    folder = worker(HANGS[hanging])
    done = rehearsed("queue", "-q", "--timeout", "1", "--worker", str(folder), *KINDS[kind])
    assert (done.returncode, done.stdout) == (NOT_STARTED, "")
    said = done.stderr.splitlines()[-1]
    assert re.search(r"(/\S+|the import of \S+)( of \S+)? did not come to an end within 1 s", said)
    assert f"it was at {folder}/entry.py:" in said


def dies(times: int, job: Path) -> str:
    """Is killed so many times before it is done."""
    with job.open("a") as file:
        file.write("x")
    if len(job.read_text()) <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return job.read_text()


def dies_twice(job: Path) -> str:
    return dies(2, job)


def dies_always(job: Path) -> str:
    return dies(100, job)


def test_a_job_whose_process_is_killed_is_done_again(tmp_path: Path) -> None:
    jobs = [tmp_path / name for name in ("one", "two", "three")]
    assert list(Processes(2).do(dies_twice, jobs)) == ["xxx"] * 3


def test_a_job_that_cannot_be_done_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unfinished, match="not done, 3 times: .*/one: .*killed"):
        list(Processes(1).do(dies_always, [tmp_path / "one"]))


def descendants(pid: int) -> set[int]:
    """The processes that ``pid`` started, and those that these started."""
    try:
        own = {int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}
    except OSError:
        return set()
    return own.union(*(descendants(one) for one in own))


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(met: Callable[[], object]) -> None:
    """Wait for it, without end but the test's."""
    start = stopwatch()
    while not met():
        assert stopwatch() - start < PATIENCE, "it never came"
        select([], [], [], 0.05)  # others need the processor more


class OnTerminal:
    """A command in the foreground of a terminal of its own; ``said`` is what was on its screen."""

    def __init__(self, *arguments: str) -> None:
        self.said = ""
        self.pid, self.screen = pty.fork()
        if not self.pid:
            os.execv(REHEARSE[0], [*REHEARSE, *arguments])

    def until(self, text: str) -> None:
        while text not in self.said:
            self.said += os.read(self.screen, 4096).decode()

    def press_ctrl_c(self) -> int:
        """The exit code."""
        os.write(self.screen, b"\x03")
        try:
            while more := os.read(self.screen, 4096):
                self.said += more.decode()
        except OSError:  # nobody is at the terminal any more
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.mark.parametrize(
    ("arguments", "marker"),
    [
        (SEARCH, " runs, "),
        (("queue", "--explore", "crashes"), "points"),
        (("codeq", "--explore", "crashes", "--tasks", "2000"), " points, "),
    ],
)
def test_ctrl_c_ends_everything_at_once_and_says_one_line(arguments: tuple[str, ...], marker: str) -> None:
    command = OnTerminal(*arguments)
    command.until(marker)
    started = descendants(command.pid)
    assert started
    begun = stopwatch()
    assert command.press_ctrl_c() == 130
    assert stopwatch() - begun < 10  # two seconds, on a machine that has them
    last = command.said.rpartition("rehearse: ")[2].rstrip()
    assert last.startswith("stopped: nothing but the copy was touched")
    assert "\n" not in last
    assert "Traceback" not in command.said
    until(lambda: not any(map(lives, started)))


@pytest.fixture
def in_background() -> Iterator[subprocess.Popen[bytes]]:
    """A search as a script starts it in its background: SIGINT is ignored there."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = subprocess.Popen([*REHEARSE, *SEARCH, "-q"], stderr=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    until(lambda: len(descendants(process.pid)) == 3)  # the work, and two processes that search
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_job_in_the_background(
    number: int, exit_code: int, in_background: subprocess.Popen[bytes]
) -> None:
    started = descendants(in_background.pid)
    in_background.send_signal(number)
    assert in_background.wait(PATIENCE) == exit_code
    until(lambda: not any(map(lives, started)))


def test_nothing_outlives_a_program_that_is_killed(in_background: subprocess.Popen[bytes]) -> None:
    started = descendants(in_background.pid)
    in_background.kill()
    until(lambda: not any(map(lives, started)))
