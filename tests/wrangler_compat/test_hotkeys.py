"""Single keys while ``dev`` runs, typed on a real pseudo-terminal."""

import os
import pty
import signal
import subprocess
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .dev import PROGRAM, copy_notes

pytestmark = pytest.mark.own_clock

BOX = "│  [b] open a browser  │"


class OnTerminal:
    """``dev`` with a terminal for all three streams; ``shown`` is what stands on it so far."""

    def __init__(self, cwd: Path, *arguments: str, **environ: str) -> None:
        self.own, theirs = pty.openpty()
        self.modes = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.process = subprocess.Popen(
            [*PROGRAM, "dev", "--port=0", *arguments],
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env=os.environ | {"CI": "", "DISPLAY": "", "WAYLAND_DISPLAY": ""} | environ,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # its controlling terminal
        )
        self.shown = ""
        self.watchdog = threading.Timer(60, self.process.kill)
        self.watchdog.start()
        self.until("Ready on ")

    def until(self, text: str) -> str:
        """What appears up to ``text``, which is then taken off."""
        while text not in self.shown:
            try:
                piece = os.read(self.own, 4096)
            except OSError:
                piece = b""
            assert piece, self.shown
            self.shown += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        before, _, self.shown = self.shown.partition(text)
        return before

    def press(self, keys: str) -> None:
        os.write(self.own, keys.encode())

    def end(self) -> int:
        """The exit code, once it has left; the terminal must be as it was."""
        code = self.process.wait(30)
        assert termios.tcgetattr(self.theirs) == self.modes
        return code

    def close(self) -> None:
        self.watchdog.cancel()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.own)
        os.close(self.theirs)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return copy_notes(tmp_path)


@pytest.fixture
def terminal(notes: Path) -> Iterator[OnTerminal]:
    running = OnTerminal(notes)
    yield running
    running.close()


@pytest.mark.parametrize("key", ["x", "q", "X"])
def test_x_and_q_leave(terminal: OnTerminal, key: str) -> None:
    terminal.until(BOX)
    terminal.press("zz" + key)  # a key without a meaning does nothing
    terminal.until("⎔ Shutting down local server...")
    assert terminal.end() == 0


def test_ctrl_c_leaves(terminal: OnTerminal) -> None:
    terminal.until("[x] to exit")
    terminal.press("\x03")
    assert terminal.end() == 0


def test_c_clears_the_console_and_shows_the_keys_again(terminal: OnTerminal) -> None:
    terminal.until("╯")
    terminal.press("c")
    terminal.until("\x1b[2J")
    assert terminal.until("╯").endswith("╰──────────────────────")
    terminal.press("x")
    assert terminal.end() == 0


def test_b_opens_a_browser_or_says_where_to_look(notes: Path, tmp_path: Path) -> None:
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    browser.chmod(0o755)
    running = OnTerminal(notes, BROWSER=str(browser))
    url = running.until("\n")
    running.until(BOX)
    running.press("bx")
    assert running.end() == 0
    assert (tmp_path / "opened").read_text().strip() == url
    running.close()
    nothing = OnTerminal(notes, BROWSER="")
    url = nothing.until("\n")
    nothing.until(BOX)
    nothing.press("b")
    nothing.until(f"No browser could be opened: visit {url}")
    nothing.press("x")
    assert nothing.end() == 0
    nothing.close()


def test_devtools_are_offered_where_there_is_a_debugger(terminal: OnTerminal) -> None:
    assert "open devtools" not in terminal.until("╯")
    terminal.press("x")


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["--show-interactive-dev-session=false"], {}),
        (["--no-show-interactive-dev-session"], {}),
        ([], {"CI": "1"}),
    ],
)
def test_no_keys_are_taken_where_they_are_not_wanted(
    notes: Path, arguments: list[str], environ: dict[str, str]
) -> None:
    running = OnTerminal(notes, *arguments, **environ)
    running.press("x")
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 0
    running.close()
    assert "open a browser" not in running.shown
