"""Makes a scenario smaller that shows something, as long as it still shows it.

Chance goes by names, so that leaving somebody out changes nothing for the others: mostly the same thing
happens again, with less around it. What is simpler is said by the parameters; so none can be forgotten.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, Generic

from harness.parameters import Parameter, Whole, parameters, size

MOST_TRIES: Final = 100


def shrink(scenario: Whole, shows: Callable[[Whole], bool], tries: int = MOST_TRIES) -> Whole:
    """The smallest scenario found that ``shows`` is true of; it is true of ``scenario``."""
    search = _Shrinking(scenario, shows, tries)
    while search.improves():
        continue
    return search.smallest


class _Shrinking(Generic[Whole]):
    """``smallest`` is the smallest so far that shows it."""

    def __init__(self, scenario: Whole, shows: Callable[[Whole], bool], tries: int) -> None:
        self.smallest = scenario
        self._tries = tries
        self._shows = shows
        self._tried = {scenario}

    def improves(self) -> bool:
        """Leave out as much as can be, the biggest steps first; whether anything could go."""
        before = self.smallest
        free = {name: one for name, one in parameters(type(before)).items() if not one.kept(before)}
        ranks = {one.rank: [name for name in free if free[name].rank == one.rank] for one in free.values()}
        for names in (free, *ranks.values(), *([name] for name in free)):
            self._try({name: self._simplest(name, free[name]) for name in names})
        for name, one in free.items():
            while self._gets_simpler(name, one):
                continue
        return self.smallest != before

    def _simplest(self, name: str, one: Parameter[Any]) -> Any:
        value = getattr(self.smallest, name)
        return next(one.simpler(value), value)

    def _gets_simpler(self, name: str, one: Parameter[Any]) -> bool:
        values: Iterable[Any] = one.simpler(getattr(self.smallest, name))
        return any(self._try({name: value}) for value in values)

    def _try(self, changes: dict[str, Any]) -> bool:
        smaller = replace(self.smallest, **changes)  # type: ignore[type-var]
        if smaller in self._tried or size(smaller) >= size(self.smallest) or len(self._tried) > self._tries:
            return False
        self._tried.add(smaller)
        if not self._shows(smaller):
            return False
        self.smallest = smaller
        return True
