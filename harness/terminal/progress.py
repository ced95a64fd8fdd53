"""Progress on a terminal: a line for each answer of a rehearsal, and a count while a search runs."""

from collections.abc import Hashable
from typing import TextIO

from kvstore.clock import stopwatch
from kvstore.printable import printable


class Progress:
    """Writes to ``out``, which is a person's screen or a log: never part of the report."""

    def __init__(self, out: TextIO, *, enabled: bool = True) -> None:
        self._out = out
        self._enabled = enabled
        self._live = enabled and out.isatty()
        self._step = 0
        self._began = stopwatch()

    def show(self, step: str) -> None:
        """A step has ended: what it was, and what it took."""
        self._step += 1
        if self._enabled:
            print(f"{self._erase()}{printable(f'{self._step:>2} {step}')}", file=self._out, flush=True)

    def searched(self, done: int, of: int, found: int) -> None:
        """So many points of a search are done, and so many of them showed a violation."""
        if self._live:
            self._out.write(f"{self._erase()}   {done:,} of {of:,} points, {found:,} with a violation …")
            self._out.flush()

    def simulated(self, done: int, of: int, found: int, met: int) -> None:
        """So many runs of a search are done, with so many kinds of violation, and so many rare things met."""
        if self._live:
            pace = done / max(stopwatch() - self._began, 0.001)
            runs = f"{done:,} of {of:,} runs, {pace:,.0f} a second"
            self._out.write(f"{self._erase()}   {runs}, {found:,} kinds of violation, {met:,} probes met …")
            self._out.flush()

    def made_small(self, done: int, of: int) -> None:
        """So many findings are made as small as they get, of so many."""
        if self._live:
            self._out.write(f"{self._erase()}   {done:,} of {of:,} findings made small …")
            self._out.flush()

    def rehearsed(self, part: str, done: int, of: int, found: int) -> None:
        """So many runs of a part of a rehearsal are done, with so many kinds of damage."""
        if self._live:
            self._out.write(f"{self._erase()}   {part}: {done:,} of {of:,} runs, {found:,} kinds of damage …")
            self._out.flush()

    def found(self, invariant: str, what: str, scenario: Hashable) -> None:
        """A kind of damage is there, for the first time; it may still get simpler."""
        if self._enabled:
            line = f"found: {what} [{invariant}], in --scenario '{scenario}'"
            print(f"{self._erase()}{printable(line)}", file=self._out, flush=True)

    def hunted(self, done: int, of: int, noticed: int) -> None:
        """So many mistakes were hunted, and so many of them noticed; says how long the rest will take."""
        if self._live:
            left = round((stopwatch() - self._began) / done * (of - done))
            time = f"{left // 60} min {left % 60:02d} s left"
            self._out.write(f"{self._erase()}   {done:,} of {of:,} mistakes, {noticed:,} noticed, {time} …")
            self._out.flush()

    def ordered(self, done: int, found: int) -> None:
        """So many runs of a search through every order are done, with so many kinds of violation."""
        if self._live:
            self._out.write(f"{self._erase()}   {done:,} runs, {found:,} kinds of violation …")
            self._out.flush()

    def gathered(self, what: str, done: int, of: int) -> None:
        """So much of the evidence of one kind is there."""
        if self._live:
            self._out.write(f"{self._erase()}   {what}, {done:,} of {of:,} …")
            self._out.flush()

    def copied(self, what: str, done: int, of: int | None) -> None:
        """So much of a remote namespace has come; ``of`` is None while nobody knows how much there is."""
        if self._live:
            total = "" if of is None else f" of {of:,}"
            self._out.write(f"{self._erase()}   {done:,}{total} {what} …")
            self._out.flush()

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._live:
            self._out.write(self._erase())

    def _erase(self) -> str:
        return "\r\x1b[2K" if self._live else ""
