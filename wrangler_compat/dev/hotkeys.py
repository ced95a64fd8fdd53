"""Single keys on a terminal while ``dev`` runs."""

import asyncio
import os
import sys
import termios
import tty
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from wrangler_compat.cli.console import Console

_BROWSERS: Final = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


@dataclass(frozen=True, slots=True)
class Key:
    """What pressing any of ``letters`` does; the first one is shown with the ``label``."""

    letters: str
    label: str
    press: Callable[[], None]


def dev_keys(console: Console, url: str, devtools: str | None, stop: Callable[[], None]) -> list[Key]:
    """The keys of ``dev``: those of wrangler that mean something here.

    ``devtools`` is the page for a debugger, None when there is nothing to debug. What wrangler's others do:
    [e] opens its explorer of local data, [l] goes over to a remote preview, [r] rebuilds containers.
    """
    keys = [Key("b", "open a browser", lambda: open_page(console, url))]
    if devtools is not None:
        keys.append(Key("d", "open devtools", lambda: open_page(console, devtools)))
    keys.append(Key("c", "clear console", lambda: console.clear(box(keys))))
    keys.append(Key("xq", "to exit", stop))
    return keys


def box(keys: list[Key]) -> str:
    """The keys in a frame, one a line."""
    lines = [f"  [{key.letters[0]}] {key.label}  " for key in keys]
    width = max(len(line) for line in lines)
    rows = [f"│{line:<{width}}│" for line in lines]
    return "\n".join([f"╭{'─' * width}╮", *rows, f"╰{'─' * width}╯"])


def open_page(console: Console, url: str) -> None:
    """Show ``url`` in a browser with a window of its own, or say where to look."""
    own_window = sys.platform == "darwin" or any(map(os.environ.get, _BROWSERS))
    if not (own_window and webbrowser.open(url)):
        console.say(f"No browser could be opened: visit {url}")
        sys.stdout.flush()


def usable() -> bool:
    """Whether keys can be taken: standard input is a terminal, and this program is in front of it."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


@contextmanager
def listening(keys: list[Key]) -> Iterator[None]:
    """Take single keys from standard input, a terminal, until the block ends. Ctrl-C stays a signal."""
    descriptor = sys.stdin.fileno()
    pressed: Mapping[str, Callable[[], None]] = {letter: key.press for key in keys for letter in key.letters}
    loop = asyncio.get_running_loop()

    def read() -> None:
        typed = os.read(descriptor, 64)
        if not typed:  # the terminal has gone
            loop.remove_reader(descriptor)
        for letter in typed.decode("latin-1").lower():
            if letter in pressed:
                pressed[letter]()

    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor, termios.TCSADRAIN)
    loop.add_reader(descriptor, read)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
