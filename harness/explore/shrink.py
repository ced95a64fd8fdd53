"""Makes a scenario smaller that shows something, as long as it still shows it.

Chance goes by names, so that leaving somebody out changes nothing for the others: mostly the same thing
happens again, with less around it.
"""

from collections.abc import Callable, Iterator
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
    tries = 0
    changed = True
    while changed:
        changed = False
        for smaller in _smaller(scenario):
            tries += 1
            if tries > _MOST_TRIES:
                return scenario
            if shows(smaller):
                scenario, changed = smaller, True
                break
    return scenario


def _smaller(scenario: Scenario) -> Iterator[Scenario]:
    """Each way to leave something out, the biggest steps first."""
    for change in _SIMPLER:
        smaller = replace(scenario, **change)
        if smaller.size < scenario.size:
            yield smaller
    for name in ("mishaps", "odd"):
        parts = getattr(scenario, name)
        if len(parts) > 1:
            for place in range(len(parts)):
                rest: Any = (*parts[:place], *parts[place + 1 :])
                yield replace(scenario, **{name: rest})
    for name in _COUNTS:
        count = getattr(scenario, name)
        for fewer in (count // 2, count - 1):
            if 0 < fewer < count:
                yield replace(scenario, **{name: fewer})
