"""What this process asks of the Worker, for whoever supervises it: written down at hardly any cost."""

import faulthandler
import os
import re
import signal
import struct
from collections.abc import Callable
from contextvars import ContextVar
from mmap import mmap
from pathlib import Path
from types import FrameType
from typing import Final

from kvstore.layers.layer import Within

_SIZE: Final = 4096
_COUNTS: Final = struct.Struct("=QQQ")
_MOST_BYTES: Final = _SIZE - _COUNTS.size - 1
_TICK_SECONDS: Final = 1.0
_FRAME: Final = re.compile(r'File "(.*)", line (\d+) in (.*)')
_HOUSE: Final = Path(__file__).parents[2]
_ROOMS: Final = ("harness", "kvstore", "worker/runtime", "worker/sdk", "worker/durable")
_NOT_THE_WORKERS: Final = ("<", f"{Path(os.__file__).parent}/", *(f"{_HOUSE / room}/" for room in _ROOMS))


class Page:
    """Memory that a process shares with its supervisor, in the file ``fd``; after it the file has its stack.

    ``ticks`` grow by one a second while the process runs Python; ``since`` says for how many of them it has
    been at the same request; ``asked`` is that request, or the last that was begun. ``operations`` are those
    of the run that is under way, or was last, as of the last tick.
    """

    def __init__(self, fd: int) -> None:
        os.ftruncate(fd, _SIZE)
        self._fd = fd
        self._view = mmap(fd, _SIZE)

    def close(self) -> None:
        self._view.close()

    @property
    def ticks(self) -> int:
        return int(_COUNTS.unpack_from(self._view)[0])

    @property
    def since(self) -> int:
        return int(_COUNTS.unpack_from(self._view)[1])

    @property
    def operations(self) -> int:
        return int(_COUNTS.unpack_from(self._view)[2])

    @property
    def asked(self) -> str:
        return self._view[_COUNTS.size :].partition(b"\0")[0].decode(errors="replace")

    def write(self, asked: str) -> None:
        text = asked.encode(errors="replace")[:_MOST_BYTES] + b"\0"
        self._view[_COUNTS.size : _COUNTS.size + len(text)] = text

    def count(self, ticks: int, since: int, operations: int) -> None:
        _COUNTS.pack_into(self._view, 0, ticks, since, operations)

    def stack(self) -> str:
        """Where the process was when it got SIGUSR1: the innermost place last called first; may be empty."""
        size = os.fstat(self._fd).st_size
        return os.pread(self._fd, size - _SIZE, _SIZE).decode(errors="replace")

    def place(self) -> str:
        """The place of `stack` that is in the Worker's code, as ``file:line (function)``; may be empty."""
        for file, line, function in _FRAME.findall(self.stack()):
            if not file.startswith(_NOT_THE_WORKERS):
                return f"{file}:{line} ({function})"
        return ""


_PAGE: ContextVar[Page | None] = ContextVar("page", default=None)
_ASKED: ContextVar[str | None] = ContextVar("asked", default=None)
_OPERATIONS: ContextVar[Callable[[], int] | None] = ContextVar("operations", default=None)


def asking(what: str) -> Within[str]:
    """While the block lasts, and in tasks that it starts, the Worker is asked ``what``."""
    page = _PAGE.get()
    if page is not None:
        page.write(what)
    return Within(_ASKED, what)


def counting(operations: Callable[[], int]) -> Within[Callable[[], int]]:
    """While the block lasts, ``operations`` gives how many of a run are done; asked for once a second."""
    return Within(_OPERATIONS, operations)


def report_to(page: Page, fd: int) -> None:
    """From now on ``page`` says what this process does. Only its main thread is looked at."""
    _PAGE.set(page)
    ticks, since, last = 0, 0, None

    def tick(number: int, frame: FrameType | None) -> None:
        # Runs in the context of what it interrupts: with several requests under way, that of the right one.
        nonlocal ticks, since, last
        asked = _ASKED.get()
        ticks, since, last = ticks + 1, since + 1 if asked is not None and asked is last else 0, asked
        if asked is not None:
            page.write(asked)
        done = _OPERATIONS.get()
        page.count(ticks, since, page.operations if done is None else done())

    os.lseek(fd, _SIZE, os.SEEK_SET)
    faulthandler.register(signal.SIGUSR1, file=fd, all_threads=False)
    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, _TICK_SECONDS, _TICK_SECONDS)
