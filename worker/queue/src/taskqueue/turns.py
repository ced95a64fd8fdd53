"""Whose turn it is to write: KV takes one write per second and key, and refuses the next (429).

Kept in memory by the coordinator: who forgets it loses a second.
"""

from typing import Final

INTERVAL_MS: Final = 1_100
# Who holds on to a turn for longer has probably been cut off.
LONGEST_MS: Final = 30_000
MOST_KNOWN: Final = 10_000


class Turns:
    """The turns of every name, one at a time and a second apart."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}
        self._free: dict[str, int] = {}

    def enter(self, name: str, now: int, longest: int = LONGEST_MS) -> int:
        """In how many milliseconds the caller's turn begins, for ``longest`` at most; -1: another has it."""
        if self._taken.get(name, 0) > now:
            return -1
        begin = max(now, self._free.get(name, 0))
        self._taken[name] = begin + longest
        return begin - now

    def enter_each(self, names: list[str], now: int) -> list[str]:
        """Those of ``names`` whose turn can begin at once, and does."""
        able = [name for name in names if self._taken.get(name, 0) <= now and self._free.get(name, 0) <= now]
        self._taken |= dict.fromkeys(able, now + LONGEST_MS)
        return able

    def leave(self, name: str, now: int, *, written: bool = True) -> None:
        """The next turn begins a second after what was ``written``, and at once where nothing was."""
        self._taken.pop(name, None)
        if not written:
            return
        if len(self._free) >= MOST_KNOWN:
            self._free = {known: free for known, free in self._free.items() if free > now}
        self._free[name] = now + INTERVAL_MS
