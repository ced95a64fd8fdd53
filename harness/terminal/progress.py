"""Progress on a terminal, or in a log: a line for each step, and a count while a long one runs."""

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Final, Self, TextIO

from harness.terminal.processes import Interrupted
from kvstore.clock import stopwatch
from kvstore.text.printable import printable

# Begins a long part of the work: what it is, in words with ``{done}`` and ``{of}``; a function that gives how
# much of it is done; of how much.
Follow = Callable[[str, Callable[[], int], int], None]

# After so long a line is written, within ten seconds: in a silent log, work looks like a command that hangs.
_SILENT_SECONDS: Final = 9


class Progress:
    """Writes to ``out``, which is a person's screen or a log: never part of the report."""

    def __init__(self, out: TextIO, *, enabled: bool = True) -> None:
        self._out = out
        self._enabled = enabled
        self._live = enabled and out.isatty()
        self._step = 0
        self._began = self._told = stopwatch()
        self._doing: Callable[[], str] = lambda: "at work"
        self._is_followed = False
        # What is counted, how much of it there was when it was counted first, and when that was.
        self._counted: tuple[str, int, float] = "", 0, self._began
        self._found: list[str] = []
        self._ended = threading.Event()
        self._writing = threading.Lock()
        if enabled:
            threading.Thread(target=self._keep_reminding, daemon=True).start()

    def show(self, step: str) -> None:
        """A step has ended: what it was, and what it took."""
        self._step += 1
        if self._enabled:
            self._print(f"{self._step:>2} {step}")

    def begin(self, what: str) -> None:
        """A part of the work begins of which no progress is known."""
        self._count_up(what)

    def follow(self, what: str, done: Callable[[], int], of: int) -> None:
        """A long part of the work begins; ``done``, called in a thread now and then, gives how much is done.

        ``what`` is words with ``{done}`` and ``{of}``; how long the rest will take is added.
        """
        began = stopwatch()

        def doing() -> str:
            count = done()
            said = what.format(done=f"{count:,}", of=f"{of:,}")
            return said if not 0 < count < of else f"{said}, {_left(stopwatch() - began, count, of)}"

        self._doing, self._is_followed = doing, True

    def searched(self, done: int, of: int, found: int) -> None:
        """So many points of a search are done, and so many of them showed a violation."""
        self._count_up(
            f"{done:,} of {of:,} points, {found:,} with a violation{self._rest('points', done, of)}"
        )

    def simulated(self, done: int, of: int, found: int, met: int) -> None:
        """So many runs of a search are done, with so many kinds of violation, and so many rare things met."""
        pace = done / max(stopwatch() - self._began, 0.001)
        runs = f"{done:,} of {of:,} runs, {pace:,.0f} a second"
        rest = self._rest("runs", done, of)
        self._count_up(f"{runs}, {found:,} kinds of violation, {met:,} probes met{rest}")

    def rehearsed(self, part: str, done: int, of: int, found: int) -> None:
        """So many runs of a part of a rehearsal are done, with so many kinds of damage."""
        rest = self._rest(part, done, of)
        self._count_up(f"{part}: {done:,} of {of:,} runs, {found:,} kinds of damage{rest}")

    def found(self, invariant: str, what: str, scenario: Hashable) -> None:
        """A kind of damage is there, for the first time; it may still get simpler."""
        self._found.append(f"{what} [{invariant}], in --scenario '{scenario}'")
        if self._enabled:
            self._print(f"found: {self._found[-1]}")

    def made_small(self, done: int, of: int) -> None:
        """So many findings are shown by a scenario as small as can be found."""
        self._count_up(f"{done:,} of {of:,} findings made small")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Leave the terminal as it was. After Ctrl-C, say what was done and found until then."""
        self.end()
        if isinstance(error, Interrupted) and not str(error):
            raise Interrupted(self.so_far()) from None

    def so_far(self) -> str:
        """What was done and found until now."""
        count = f", {len(self._found):,} found" if self._found else ""
        shown = "".join(f"\n  found: {printable(one)}" for one in self._found)
        told = ", as shown above" if self._enabled and self._found else shown
        return f"nothing but the copy was touched; {self._doing()}{count}{told}"

    def hunted(self, done: int, of: int, noticed: int) -> None:
        """So many mistakes were hunted, and so many of them noticed; says how long the rest will take."""
        time = _left(stopwatch() - self._began, done, of)
        self._count_up(f"{done:,} of {of:,} mistakes, {noticed:,} noticed, {time}")

    def ordered(self, done: int, found: int) -> None:
        """So many runs of a search through every order are done, with so many kinds of violation."""
        self._count_up(f"{done:,} runs, {found:,} kinds of violation")

    def gathered(self, what: str, done: int, of: int) -> None:
        """So much of the evidence of one kind is there."""
        self._count_up(f"{what}, {done:,} of {of:,}")

    def copied(self, what: str, done: int, of: int | None) -> None:
        """So much of a remote namespace has come; ``of`` is None while it is not known how much there is."""
        total = "" if of is None else f" of {of:,}"
        self._count_up(f"{done:,}{total} {what}")

    def end(self) -> None:
        """Leave the terminal as it was."""
        self._ended.set()
        if self._live:
            self._out.write(self._erase())

    def _rest(self, what: str, done: int, of: int) -> str:
        """How long the rest of ``what`` will take, by its pace since it was counted first; at first ""."""
        now = stopwatch()
        if self._counted[0] != what:
            self._counted = what, done, now
        _, first, began = self._counted
        return f", {_left(now - began, done - first, of - first)}" if first < done < of else ""

    def _print(self, line: str) -> None:
        with self._writing:
            self._told = stopwatch()
            print(f"{self._erase()}{printable(line)}", file=self._out, flush=True)

    def _count_up(self, what: str) -> None:
        """Show what is done by now: at once on a terminal, now and then in a log."""
        self._doing, self._is_followed = lambda: what, False
        if self._live:
            self._draw(what)

    def _draw(self, what: str) -> None:
        with self._writing:
            self._told = stopwatch()
            self._out.write(f"{self._erase()}   {what} …")
            self._out.flush()

    def remind(self) -> None:
        """Say what is done by now, after a silence: also of work that counts nothing.

        On a terminal what is followed is shown anew each time.
        """
        if self._live and self._is_followed:
            self._draw(self._doing())
        elif stopwatch() - self._told >= _SILENT_SECONDS:
            self._print(f"   {self._doing()} … ({stopwatch() - self._began:,.0f} s)")

    def _keep_reminding(self) -> None:
        while not self._ended.wait(1):
            with suppress(OSError, ValueError):  # nobody reads any more
                self.remind()

    def _erase(self) -> str:
        return "\r\x1b[2K" if self._live else ""


def _left(seconds: float, done: int, of: int) -> str:
    """How long the rest takes if it goes on as it did."""
    left = round(seconds / done * (of - done))
    return f"{left // 60} min {left % 60:02d} s left"
