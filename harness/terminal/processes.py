"""A piece of work in a process of its own, supervised.

The process is spawned, and ends with the one that started it, however that ends. Ctrl-C is its starter's to
handle. What is printed there goes to standard error. When it dies, or is too long at one request, that is
noticed and said.
"""

import ctypes
import gc
import json
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from queue import SimpleQueue
from tempfile import TemporaryFile
from threading import Thread
from types import FrameType
from typing import Any, Final

from harness.engine.under_way import Page, report_to
from harness.terminal.exit_codes import NOT_STARTED
from harness.terminal.output import TIMEOUT_SECONDS
from kvstore.clock import stopwatch

LOOK_SECONDS: Final = 1.0
# How much longer than a request a process may show no sign of life: the machine may be busy.
_SILENCE_SECONDS: Final = 10
_STACK_SECONDS: Final = 0.5
_PR_SET_PDEATHSIG: Final = 1
# Thresholds of Python's collector of cycles. A record has many objects and no cycles: with Python's own
# thresholds, which search all objects whenever a quarter more are alive, that takes a fifth of a rehearsal.
_COLLECTED: Final = (10_000, 20, 100)
_BOOT: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from harness.terminal.processes import serve; serve(*map(int, sys.argv[2:]))"
)


class ProcessError(Exception):
    """A process did not do its work: says what became of it; ``exit_code`` is what the program ends with."""

    exit_code = NOT_STARTED


class Ended(ProcessError):
    """The process ended by itself, or the Worker tried to end it."""


class Killed(ProcessError):
    """Somebody ended the process: what its work would have come to is not known."""


class Stuck(ProcessError):
    """A request did not come to an end in time."""


class _Elsewhere(Exception):
    """The traceback of an exception in another process."""

    def __str__(self) -> str:
        return f"in a process of its own:\n{self.args[0]}"


class Interrupted(KeyboardInterrupt):
    """Whoever supervises this process wants it to stop."""


@dataclass(frozen=True)
class _Work:
    work: Callable[[Any], Any]


class Child:
    """A process that does ``work``, one job after the other.

    A request may take ``timeout`` seconds there. ``work`` and jobs, answers and exceptions are pickled.
    """

    def __init__(self, work: Callable[[Any], Any], timeout: float = TIMEOUT_SECONDS) -> None:
        self.timeout = timeout
        self.busy = False
        self.channel, theirs = Pipe()
        self._file = TemporaryFile()  # noqa: SIM115 - it lives as long as the process
        self._page = Page(self._file.fileno())
        self._ticks, self._silent, self._looked = 0, 0, stopwatch()
        descriptors = (theirs.fileno(), self._file.fileno())
        arguments = [json.dumps(sys.path), *map(str, (*descriptors, os.getpid()))]
        # What a terminal sends to all of its processes is the starter's to handle.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            self._process = subprocess.Popen([sys.executable, "-c", _BOOT, *arguments], pass_fds=descriptors)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        self._send(work)

    def turn_to(self, work: Callable[[Any], Any]) -> None:
        """From now on do ``work``."""
        self._send(_Work(work))

    def give(self, job: Any) -> None:
        """Begin a job; `take` has its answer."""
        self.busy = True
        self._page.count(self._page.ticks, 0, 0)
        self._send(job)

    def _send(self, message: Any) -> None:
        with suppress(OSError):  # when it is dead, `take` says so
            self.channel.send(message)

    def take(self) -> Any:
        """What the job came to. Raises what the work raised, Ended and Killed."""
        try:
            done, answer, trace = self.channel.recv()
        except (EOFError, OSError):
            raise self._death() from None
        self.busy = False
        if done:
            return answer
        raise answer from _Elsewhere(trace)

    @property
    def operations(self) -> int:
        """How many operations of the run that it is at are done; 0 for none."""
        return self._page.operations if self.busy else 0

    def check(self) -> None:
        """Raises Stuck for a process that is too long at one request; to be called at least every second."""
        now = stopwatch()
        if not self.busy or now - self._looked < LOOK_SECONDS:
            return
        # Looks are counted, not seconds: no process is late because the terminal stopped all for a while.
        self._looked, ticks = now, self._page.ticks
        self._silent = self._silent + 1 if ticks == self._ticks and ticks else 0
        self._ticks = ticks
        if self._page.since >= self.timeout or self._silent >= self.timeout + _SILENCE_SECONDS:
            raise self._stuck()

    def stop(self) -> None:
        """Ask it to stop: its work is raised Interrupted, if it wants to hear of it."""
        self._process.terminate()

    def end(self) -> None:
        """End it at once, and leave nothing of it."""
        self.busy = False
        self._process.kill()
        self._process.wait()
        self.channel.close()
        self._page.close()
        self._file.close()

    def _death(self) -> ProcessError:
        code = self._process.wait()
        when = _when(self._page)
        if code >= 0:
            return Ended(f"the code under test ended the process (exit code {code}) {when}")
        name = signal.Signals(-code).name
        if -code in (signal.SIGKILL, signal.SIGTERM):
            return Killed(f"the process that did the work was killed ({name}; for want of memory?) {when}")
        return Ended(f"the process that did the work crashed ({name}) {when}")

    def _stuck(self) -> Stuck:
        self._process.send_signal(signal.SIGUSR1)
        wait([self.channel], _STACK_SECONDS)
        place = self._page.place()
        where = f": it was at {place}" if place else ""
        asked = self._page.asked or "the Worker"
        return Stuck(f"{asked} did not come to an end within {self.timeout:g} s{where} (see --timeout)")


def ready(children: Collection[Child]) -> list[tuple[Child, Stuck | None]]:
    """Those that have an answer to `take`, or none any more, or are stuck; after a second at most."""
    answered = wait([child.channel for child in children], LOOK_SECONDS)
    found: list[tuple[Child, Stuck | None]] = []
    for child in children:
        try:
            child.check()
        except Stuck as stuck:
            found.append((child, stuck))
        else:
            found += [(child, None)] if child.channel in answered else []
    return found


def serve(channel: int, page: int, starter: int) -> None:
    """The life of a process that `Child` started."""
    _die_with(starter)
    gc.disable()
    os.dup2(2, 1)
    jobs: SimpleQueue[bytes] = SimpleQueue()
    connection = Connection(channel)
    seen = Page(page)
    report_to(seen, page)
    Thread(target=_listen, args=(connection, jobs), daemon=True).start()
    work: Callable[[Any], Any] = pickle.loads(jobs.get())
    gc.freeze()  # what has been imported stays, and is searched by no collection
    gc.set_threshold(*_COLLECTED)
    gc.enable()
    while True:
        job = pickle.loads(jobs.get())
        if isinstance(job, _Work):
            work = job.work
            continue
        try:
            answer = True, work(job), ""
        except (SystemExit, KeyboardInterrupt) as ending:
            answer = (
                False,
                Ended(f"the code under test ended the process ({_told(ending)}) {_when(seen)}"),
                "",
            )
        except BaseException as error:
            answer = False, _sendable(error), traceback.format_exc()
        connection.send(answer)


def _die_with(starter: int) -> None:
    """Be killed when ``starter`` is gone; elsewhere than on Linux `_listen` does that alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != starter:
            os.kill(os.getpid(), signal.SIGKILL)


def _listen(connection: Connection, jobs: "SimpleQueue[bytes]") -> None:
    while True:
        try:
            jobs.put(connection.recv_bytes())
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGKILL)


def _sendable(error: BaseException) -> BaseException:
    """The same, or, where it does not survive the way, in words."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _told(ending: BaseException) -> str:
    return f"{type(ending).__name__}({', '.join(map(repr, ending.args))})"


def _when(page: Page) -> str:
    return f"after {page.asked} had begun" if page.asked else "before anything was asked of it"


def interruptible() -> None:
    """From now on `Child.stop` raises Interrupted in this process: once, so that it can clear up."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Interrupted

    signal.signal(signal.SIGTERM, interrupt)
