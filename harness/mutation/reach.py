"""Which probes can show which mistakes: found out once for all of them, with the Worker as it is."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_
from pathlib import Path
from typing import Any, Final

from harness.mutation.hunt import Probe
from harness.mutation.mutant import Mutant
from harness.mutation.python.lines import Line, lines_of

# So many KV operations are many for a scenario.
_LONG: Final = 600


@dataclass(frozen=True)
class Reach:
    """What a scenario shows of the Worker as it is: the ``lines`` that are carried out, and the places of
    mutants with which a value would have been another one (``changed``). ``whole`` is that of a `Run`.
    """

    scenario: Any
    lines: frozenset[Line]
    changed: frozenset[int]
    operations: int
    whole: str | None = None


def nothing(near: Sequence[Any], name: str) -> Iterable[Any]:
    """No scenarios beside those that were simulated."""
    return ()


@dataclass(frozen=True)
class Reaching:
    """The probes that a mistake can make a difference in, and then what ``more`` makes of these and a name.

    Where a value is compared these are those in which it changes, and otherwise those that carry out the
    line: all where that is done while the Worker is loaded. ``changing`` says of each mutant which probes
    those are, ``reached`` of each line, as the bits of a number.
    """

    folder: Path
    probes: Sequence[Probe]
    reached: Mapping[Line, int]
    changing: Mapping[Mutant, int]
    more: Callable[[Sequence[Any], str], Iterable[Any]]

    def __call__(self, mutant: Mutant) -> Iterable[Probe]:
        bits = self.changing.get(mutant)
        if bits is None:
            bits = self._carrying_out(lines_of(mutant, self.folder))
        able = [probe for at, probe in enumerate(self.probes) if bits >> at & 1]
        return chain(able, map(Probe, self.more([one.scenario for one in able], str(mutant))))

    def _carrying_out(self, lines: Collection[Line] | None) -> int:
        if lines is None:
            return (1 << len(self.probes)) - 1
        return reduce(or_, (self.reached.get(line, 0) for line in lines), 0)


def reaching(
    folder: Path,
    reaches: Iterable[Reach],
    compared: Mapping[int, Mutant],
    more: Callable[[Sequence[Any], str], Iterable[Any]] = nothing,
) -> Reaching:
    """The scenarios in their order, but long ones last: nearly every mistake is noticed by less."""
    ordered = sorted(reaches, key=lambda one: one.operations > _LONG)
    reached: dict[Line, int] = {}
    changing = dict.fromkeys(compared.values(), 0)
    for at, one in enumerate(ordered):
        for line in one.lines:
            reached[line] = reached.get(line, 0) | 1 << at
        for place in one.changed:
            changing[compared[place]] |= 1 << at
    return Reaching(folder, [Probe(one.scenario, one.whole) for one in ordered], reached, changing, more)
