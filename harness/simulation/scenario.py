"""A scenario: everything that a simulation depends on, in one line of text.

Two simulations of one scenario are the same, operation for operation. Whatever a search finds is such a line,
and whatever it leaves out of a line to make it shorter changes nothing else.
"""

import shlex
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal, get_args

from harness.conditions import CONDITIONS, Conditions
from harness.simulation.chance import Chance
from harness.simulation.mishap import PlannedMishap, read_mishap
from harness.simulation.population import ODDITIES

Migration = Literal["documented", "safe"]
Strategy = Literal["steps", "guide", "zero-downtime"]
Claims = Literal["kv", "coordinator"]
Rollback = Literal["never", "after", "halfway"]

COLOS: Final = ("AMS", "NRT", "IAD", "GRU")
JUDGE: Final = "ZRH"  # from where nobody has read anything before the end
MOST_TASKS: Final = 100_000


class ScenarioError(Exception):
    """A scenario that cannot be: says what, and what could be."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``seed`` is where chance begins; the rest says what there is.

    tasks        how many in the old format, of which the first ``leases`` are held by somebody
    odd          what is odd about them: names of `population.ODDITIES`
    page         keys per listing; ``budget`` KV operations per invocation, 0 for that of the conditions
    colos        locations; the operator, and what comes first, is in the first of them
    producers, daemons   how many; ``events`` each producer sends, ``polls`` each daemon makes
    runs         how often the operator of a documented migration tries
    operators    how many migrate at once
    mishaps      what goes wrong, and where
    """

    seed: int = 1
    conditions: str = "production"
    migration: Migration = "documented"
    strategy: Strategy = "guide"
    claims: Claims = "kv"
    rollback: Rollback = "never"
    tasks: int = 3
    leases: int = 0
    odd: tuple[str, ...] = ()
    page: int = 1000
    budget: int = 0
    colos: int = 1
    skew: int = 0
    producers: int = 0
    events: int = 2
    daemons: int = 0
    polls: int = 3
    runs: int = 3
    operators: int = 1
    mishaps: tuple[PlannedMishap, ...] = ()

    def __str__(self) -> str:
        """Every member that is not the default, as ``name=value``."""
        return " ".join(
            f"{one.name}={_text(getattr(self, one.name))}"
            for one in fields(self)
            if one.name == "seed" or getattr(self, one.name) != one.default
        )

    @property
    def platform(self) -> Conditions:
        """The named conditions, with this scenario's budget."""
        named = CONDITIONS[self.conditions]
        if not self.budget:
            return named
        return replace(named, allowance=replace(named.allowance, operations=self.budget))

    @property
    def size(self) -> tuple[int, ...]:
        """How much there is to understand: a search prefers the smaller."""
        people = self.producers * self.events + self.daemons * self.polls + 3 * self.operators
        unusual = (self.page != 1000, self.budget != 0, self.skew != 0, self.rollback != "never")
        return (
            len(self.mishaps),
            self.tasks + self.leases + len(self.odd),
            people,
            self.colos + self.runs + sum(unusual),
        )


_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "conditions": tuple(CONDITIONS),
    "migration": get_args(Migration),
    "strategy": get_args(Strategy),
    "claims": get_args(Claims),
    "rollback": get_args(Rollback),
}
_LEAST: Final = {"page": 1, "colos": 1, "runs": 1, "operators": 1, "skew": -600_000}
_MOST: Final = {"colos": len(COLOS), "tasks": MOST_TASKS, "leases": MOST_TASKS, "operators": 4}


def read_scenario(text: str) -> Scenario:
    """The scenario of a line. Raises ScenarioError for what no scenario has."""
    known = {one.name for one in fields(Scenario)}
    members: dict[str, Any] = {}
    for part in shlex.split(text):
        name, equals, value = part.partition("=")
        if name not in known or not equals:
            raise ScenarioError(
                f"{part!r} is no part of a scenario: name=value, with a name of {sorted(known)}"
            )
        members[name] = read_member(name, value)
    return Scenario(**members)


def read_member(name: str, value: Any) -> Any:
    """The value of one member from text, or from what a TOML file holds. Raises ScenarioError."""
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ScenarioError(f"{name} is {value!r}: choose from {', '.join(_CHOICES[name])}")
        return value
    if name in ("odd", "mishaps"):
        parts = value.split(",") if isinstance(value, str) else value
        return _read_many(name, [part for part in parts if part])
    return _read_number(name, value)


def _read_number(name: str, value: Any) -> int:
    least, most = _LEAST.get(name, 0), _MOST.get(name, 10**15)
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"{name} is {value!r}: it must be a whole number") from None
    if not least <= number <= most:
        raise ScenarioError(f"{name} is {number}: it must be from {least} to {most}")
    return number


def _read_many(name: str, parts: list[Any]) -> tuple[Any, ...]:
    if name == "odd":
        unknown = [part for part in parts if part not in ODDITIES]
        if unknown:
            raise ScenarioError(f"{unknown[0]!r} is no oddity: choose from {', '.join(ODDITIES)}")
        return tuple(parts)
    try:
        return tuple(read_mishap(part) for part in parts)
    except ValueError as error:
        raise ScenarioError(str(error)) from error


def _text(value: Any) -> str:
    return ",".join(str(one) for one in value) if isinstance(value, tuple) else str(value)


_PAGES: Final = (1000, 1000, 1, 2, 3, 7)
_BUDGETS: Final = {"documented": (0, 0, 12, 20, 30, 50), "safe": (0, 0, 50, 60, 100)}
_STRATEGIES: Final[dict[str, tuple[Strategy, ...]]] = {
    "documented": ("steps", "guide", "guide", "zero-downtime"),
    "safe": ("zero-downtime",),
}


def draw(seed: int, base: Scenario) -> Scenario:
    """A scenario by chance: what ``base`` says of conditions, migration and claims, the rest by ``seed``."""
    chance = Chance(seed, "scenario")
    tasks = (0, 1, 2, 3, 3, 4, 5, 6, 8)[chance.below(9)]
    busy = chance.happens(700)
    documented = base.migration == "documented"
    strategies = _STRATEGIES[base.migration]
    return replace(
        base,
        seed=seed,
        strategy=strategies[chance.below(len(strategies))],
        rollback=("never", "never", "never", "after", "halfway")[chance.below(5)],
        tasks=tasks,
        leases=chance.below(tasks + 1) if chance.happens(600) else 0,
        odd=_odd(chance),
        page=_PAGES[chance.below(len(_PAGES))],
        budget=_BUDGETS[base.migration][chance.below(len(_BUDGETS[base.migration]))],
        colos=1 + chance.below(3),
        skew=(0, 0, 0, 2_000, -2_000, 30_000)[chance.below(6)],
        producers=chance.below(3) if busy else 0,
        events=1 + chance.below(3),
        daemons=chance.below(4) if busy else 0,
        polls=1 + chance.below(4),
        runs=1 + chance.below(3) if documented else 1,
        operators=2 if chance.happens(150) else 1,
        mishaps=_mishaps(chance, base.migration),
    )


def _odd(chance: Chance) -> tuple[str, ...]:
    if chance.happens(400):
        return ()
    return tuple(name for name in ODDITIES if chance.happens(120))


def _mishaps(chance: Chance, migration: str) -> tuple[PlannedMishap, ...]:
    if chance.happens(400):
        return ()
    return tuple(PlannedMishap.draw(chance) for _ in range(1 + chance.below(3)))
