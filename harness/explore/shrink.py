"""Makes a scenario smaller that shows something, as long as it still shows it.

Chance goes by names, so that leaving somebody out changes nothing for the others: mostly the same thing
happens again, with less around it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from harness.simulation.scenario import Scenario

_MOST_TRIES: Final = 60

# What is left out as a whole, in this order, and what takes its place.
_SIMPLER: Final[tuple[dict[str, Any], ...]] = (
    {"mishaps": ()},
    {"odd": ()},
    {"producers": 0},
    {"daemons": 0},
    {"operators": 1},
    {"rollback": "never"},
    {"skew": 0},
    {"colos": 1},
    {"page": 1000},
    {"budget": 0},
    {"spent": 0},
    {"given_back": 0},
    {"leases": 0},
    {"runs": 1},
    {"events": 1},
    {"polls": 1},
    {"tasks": 0},
    {"tasks": 1},
)
_COUNTS: Final = ("tasks", "leases", "producers", "daemons", "events", "polls", "colos", "runs")


def shrink(scenario: Scenario, shows: Callable[[Scenario], bool]) -> Scenario:
    """The smallest scenario found that ``shows`` is true of; it is true of ``scenario``."""
    search = _Shrinking(scenario, shows)
    while search.improves():
        continue
    return search.scenario


class _Shrinking:
    """``scenario`` is the smallest so far."""

    def __init__(self, scenario: Scenario, shows: Callable[[Scenario], bool]) -> None:
        self.scenario = scenario
        self._shows = shows
        self._tries = 0

    def improves(self) -> bool:
        """Try once to leave out everything there is, the biggest steps first; whether anything could go."""
        before = self.scenario
        for change in _SIMPLER:
            self._try(replace(self.scenario, **change))
        for name in ("mishaps", "odd"):
            for part in getattr(self.scenario, name):
                rest: Any = tuple(one for one in getattr(self.scenario, name) if one != part)
                self._try(replace(self.scenario, **{name: rest}))
        for name in _COUNTS:
            for fewer in (getattr(self.scenario, name) // 2, getattr(self.scenario, name) - 1):
                if fewer > 0:
                    self._try(replace(self.scenario, **{name: fewer}))
        return self.scenario != before

    def _try(self, smaller: Scenario) -> None:
        if smaller.size >= self.scenario.size or self._tries >= _MOST_TRIES:
            return
        self._tries += 1
        if self._shows(smaller):
            self.scenario = smaller
