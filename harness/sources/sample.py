"""A sample of a namespace: entries that stand for all, chosen in memory that does not grow with it.

Of every shape there are some, and of what few keys have the few: the largest values, the longest keys, the
most metadata, the first and the last to expire. The same entries give the same sample, in whatever order.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from heapq import heappop, heappush, heappushpop
from itertools import count
from typing import Any, Final

from harness.model.oddities import is_text
from harness.model.record import Place
from harness.model.stratum import Stratum
from kvstore import Entry
from kvstore.copies.census import LIFETIMES, Census, Group, as_json, members_of

# So many shapes are told apart; the entries of any more are one shape for each stratum.
_MOST_SHAPES: Final = 2_000
# So much of values is kept, in bytes, or one value of each shape where that is more.
_MOST_BYTES: Final = 256 << 20
# More of each shape are kept than its part of the sample, as others may have fewer.
_SPARE: Final = 16
_MOST_EXTREME: Final = 5
_MOST_TOLD: Final = 6
# What few have: a number by which the greatest are rare; None for an entry that has no such thing.
_RARE: Final[dict[str, Callable[[str, Entry], int | None]]] = {
    "the largest values": lambda _, entry: len(entry.value),
    "the longest keys": lambda key, _: len(key.encode()),
    "the most metadata": lambda _, entry: None if entry.metadata is None else len(entry.metadata.encode()),
    "the earliest ends": lambda _, entry: None if entry.expiration is None else -entry.expiration,
    "the latest ends": lambda _, entry: entry.expiration,
}

Shape = tuple[Any, ...]


@dataclass(frozen=True)
class Sample:
    """``entries``, of ``covered`` of all ``shapes``, that stand for ``of``, of which ``moving`` are to be
    moved; ``asked`` is how many were asked for.

    ``strata`` says how many of those that move are of each stratum; ``expired`` were left out. ``rare`` names
    what few have, with how many entries were chosen for it; ``census`` has all of them.
    """

    asked: int
    entries: dict[Place, Entry]
    of: int
    moving: int
    shapes: int
    covered: int
    strata: dict[Stratum, int]
    expired: int
    rare: dict[str, int]
    census: list[Group]

    @property
    def judged(self) -> str:
        """``200 of 1,000,000 keys``."""
        return f"{len(self.entries):,} of {self.of:,} keys"

    @property
    def conclusion(self) -> str:
        """The last line of a report."""
        return f"Judged: {self.judged}. What only the others have was not rehearsed"

    def as_text(self) -> list[str]:
        """What was chosen from what, in two lines."""
        kinds = [shape for group in self.census for shape in group.shapes]
        told = ", ".join(f"{one.count:,} {one.pattern}" for one in kinds[:_MOST_TOLD])
        more = f" and {len(kinds) - _MOST_TOLD:,} patterns more" if kinds[_MOST_TOLD:] else ""
        rare = ", ".join(f"{count:,} with {name}" for name, count in self.rare.items() if count)
        return [
            f"{self.of:,} keys, of which {self.moving:,} move: {told}{more}",
            f"{self.judged}: of {self.covered:,} of {self.shapes:,} shapes" + (f"; {rare}" if rare else ""),
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "judged": len(self.entries),
            "of": self.of,
            "moving": self.moving,
            "expired": self.expired,
            "shapes": self.shapes,
            "covered": self.covered,
            "rare": self.rare,
            "census": as_json(self.census),
        }


class _Greatest:
    """The entries with the greatest numbers, at most so many; a rank decides between the same."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, int, Place, Entry]] = []
        self._turn = count()

    def offer(self, number: int, rank: int, place: Place, entry: Entry, most: int) -> None:
        self.keep(most)
        if len(self._heap) < most:
            heappush(self._heap, (number, rank, next(self._turn), place, entry))
        elif (number, rank) > self._heap[0][:2]:
            heappushpop(self._heap, (number, rank, next(self._turn), place, entry))

    def keep(self, most: int) -> None:
        """Let go of all but so many."""
        while len(self._heap) > most:
            heappop(self._heap)

    @property
    def least(self) -> Entry:
        """The entry with the least number. There must be one."""
        return self._heap[0][-1]

    def __iter__(self) -> Iterator[tuple[Place, Entry]]:
        return ((place, entry) for *_, place, entry in sorted(self._heap, reverse=True))


class Sampler:
    """Takes the entries of a namespace one by one, at ``now`` (ms), and chooses ``most`` of them.

    ``stratum_of`` says of an entry what it costs the same as, None for one that is not to be moved.
    """

    def __init__(self, stratum_of: Callable[[Place, Entry], Stratum | None], most: int, now: int) -> None:
        self.count = 0
        self._stratum_of = stratum_of
        self._most = most
        self._now = now
        self._expired = 0
        self._census = Census(now // 1000)
        self._strata: Counter[Stratum] = Counter()
        self._shapes: dict[Shape, _Greatest] = {}
        self._counts: Counter[Shape] = Counter()
        self._rare = {name: _Greatest() for name in _RARE}

    def add(self, place: Place, entry: Entry) -> None:
        if entry.expiration is not None and entry.expiration * 1000 <= self._now:
            self._expired += 1
            return
        self.count += 1
        self._census.add(place[1], entry)
        stratum = self._stratum_of(place, entry)
        shape = self._shape(stratum, place, entry)
        if shape not in self._counts and len(self._counts) >= _MOST_SHAPES:
            shape = (stratum,)
        self._counts[shape] += 1
        if shape not in self._shapes:
            # There is less room for each of the others, also for those of which no more will come.
            for other in self._shapes.values():
                other.keep(self._room(other.least))
            self._shapes[shape] = _Greatest()
        alike = self._shapes[shape]
        rank = _rank(place)
        alike.offer(rank, rank, place, entry, self._room(entry))
        if stratum is not None:
            self._strata[stratum] += 1
            extreme = max(1, min(_MOST_EXTREME, self._most // 20))
            for name, number_of in _RARE.items():
                if (number := number_of(place[1], entry)) is not None:
                    self._rare[name].offer(number, rank, place, entry, extreme)

    def _room(self, entry: Entry) -> int:
        """How many of a shape are kept, by now, of which this is one."""
        size = 1 << len(entry.value).bit_length()
        return max(1, min(_SPARE * self._most, _MOST_BYTES // size) // len(self._counts))

    def _shape(self, stratum: Stratum | None, place: Place, entry: Entry) -> Shape:
        """What entries have in common that are one shape: the stratum first."""
        key, left = place[1], None if entry.expiration is None else entry.expiration - self._now // 1000
        life = None if left is None else sum(left > most for most, _ in LIFETIMES)
        if stratum is None:
            begins = key.partition(":")[0] if ":" in key else ""
            return None, place[0], begins, life, len(entry.value).bit_length()
        metadata = None if entry.metadata is None else tuple(sorted(members_of(entry.metadata) or ()))
        members = members_of(entry.value)
        return (
            stratum,
            key.count(":"),
            key.isascii() and key.isprintable(),
            life,
            metadata,
            None if members is None else tuple(sorted(members)),
            is_text(entry),
            len(entry.value).bit_length(),
        )

    def sample(self) -> Sample:
        """What was chosen. No more can be added then."""
        chosen: dict[Place, Entry] = {}
        rare = dict.fromkeys(_RARE, 0)
        for name, extreme in self._rare.items():
            for place, entry in extreme:
                if len(chosen) < self._most // 2 or not rare[name]:
                    chosen[place] = entry
                    rare[name] += 1
        covered = set[Shape]()
        rounds = []
        for shape in self._by_turns():
            alike = list(self._shapes[shape])
            # Only so many are the same in whatever order they came.
            rounds.append((shape, iter(alike[: self._room(alike[0][1])])))
        while rounds and len(chosen) < self._most:
            left = []
            for shape, others in rounds:
                found = next((one for one in others if one[0] not in chosen), None)
                if len(chosen) >= self._most or found is None:
                    continue
                chosen[found[0]] = found[1]
                left.append((shape, others))
            rounds = left
        for place, entry in chosen.items():
            shape = self._shape(self._stratum_of(place, entry), place, entry)
            covered.add(shape if shape in self._counts else shape[:1])
        return Sample(
            self._most,
            dict(sorted(chosen.items())),
            self.count,
            self._strata.total(),
            len(self._counts),
            len(covered),
            dict(self._strata),
            self._expired,
            rare,
            self._census.groups(),
        )

    def _by_turns(self) -> list[Shape]:
        """The most frequent shape, the rarest, the second most frequent …"""
        by_count = [shape for shape, _ in self._counts.most_common()]
        half = (len(by_count) + 1) // 2
        rarest = by_count[: half - 1 : -1]
        found: list[Shape] = []
        for at in range(half):
            found += [by_count[at], *rarest[at : at + 1]]
        return found


def _rank(place: Place) -> int:
    """A number by chance that the place alone decides."""
    return int.from_bytes(blake2b("\0".join(place).encode(), digest_size=8).digest(), "big")
