"""A scenario: everything that a simulation depends on, in one line of text.

Two simulations of one scenario are the same, operation for operation. Whatever a search finds is such a line,
and whatever it leaves out of a line to make it shorter changes nothing else.
"""

import shlex
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, Final, Literal, get_args

from harness.conditions import CONDITIONS, Conditions
from harness.simulation.chance import Chance
from harness.simulation.mishap import PlannedMishap, read_mishap
from harness.simulation.population import ODDITIES
from harness.simulation.requests import KINDS
from harness.simulation.theme import themed
from harness.simulation.turns import letters_of

Migration = Literal["documented", "safe"]
Strategy = Literal["steps", "guide", "zero-downtime", "new-first"]
Claims = Literal["kv", "coordinator"]
Format = Literal["old", "dual", "new"]
Rollback = Literal["never", "after", "halfway", "late"]

COLOS: Final = ("AMS", "NRT", "IAD", "GRU")
JUDGE: Final = "ZRH"  # from where nobody has read anything before the end
MOST_TASKS: Final = 100_000


class ScenarioError(Exception):
    """A scenario that cannot be: says what, and what could be."""


@cache
def _budgeted(conditions: Conditions, budget: int) -> Conditions:
    """The conditions with so many operations for an invocation; there are only a few such budgets."""
    return replace(conditions, allowance=replace(conditions.allowance, operations=budget))


@dataclass(frozen=True, slots=True)
class Scenario:
    """``seed`` is where chance begins; the rest says what there is.

    tasks        how many in the old format, of which the first ``leases`` are held by somebody
    odd          what is odd about them: names of `population.ODDITIES`
    page         keys per listing; ``budget`` KV operations per invocation, 0 for that of the conditions
    spent        how many writes, deletes and listings of the day's quota are used up when it all begins
    colos        locations; the operator, and what comes first, is in the first of them
    producers, daemons   how many; ``events`` each producer sends, ``polls`` each daemon makes
    lookers      how many look at tasks all the time
    given_back   of ten tasks, how many a daemon gives back after a while, for another to take
    beat         seconds: all daemons poll when this divides the time; 0 for each at its own times
    lease        seconds that the daemons claim for, 0 for what each of them likes
    rollout      seconds until a deployment has reached every location, at most
    gap          seconds between two messages of a producer, at most
    rollback     after the run, half-way, or late: when new code has been at work for a while
    runs         how often the operator of a documented migration tries, ``retry`` seconds later at most
    again        how often more when the new code is deployed, as long as status says that it is needed
    operators    how many migrate at once; they begin ``within`` so many seconds
    mishaps      what goes wrong, and where
    at_once      requests that are answered at the same time, of `requests.KINDS`: nobody else is there then,
                 and the Worker is the one for ``format``; ``order`` says whose KV operation comes when,
                 and ``pace`` how long each takes, in milliseconds: a second, so that KV takes every write
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
    spent: int = 0
    colos: int = 1
    skew: int = 0
    producers: int = 0
    events: int = 2
    daemons: int = 0
    polls: int = 3
    given_back: int = 0
    lookers: int = 0
    beat: int = 0
    lease: int = 0
    rollout: int = 0
    gap: int = 90
    runs: int = 3
    retry: int = 30
    again: int = 0
    operators: int = 1
    within: int = 60
    mishaps: tuple[PlannedMishap, ...] = ()
    at_once: tuple[str, ...] = ()
    format: Format = "old"
    order: str = ""
    pace: int = 1000

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
        return _budgeted(named, self.budget) if self.budget else named

    @property
    def size(self) -> tuple[int, ...]:
        """How much there is to understand: a search prefers the smaller."""
        people = self.producers * self.events + self.daemons * self.polls + 3 * self.operators
        unusual = (
            self.page != 1000,
            self.budget != 0,
            self.spent != 0,
            self.given_back != 0,
            self.skew != 0,
            self.rollback != "never",
        )
        return (
            len(self.mishaps),
            self.tasks + self.leases + len(self.odd),
            people,
            self.colos + self.runs + sum(unusual),
            len(self.order),
        )


_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "conditions": tuple(CONDITIONS),
    "migration": get_args(Migration),
    "strategy": get_args(Strategy),
    "claims": get_args(Claims),
    "rollback": get_args(Rollback),
    "format": get_args(Format),
}
_LEAST: Final = {
    "page": 1,
    "colos": 1,
    "runs": 1,
    "operators": 1,
    "retry": 1,
    "pace": 1,
    "within": 1,
    "skew": -600_000,
}
_MOST: Final = {
    "given_back": 10,
    "colos": len(COLOS),
    "tasks": MOST_TASKS,
    "leases": MOST_TASKS,
    "operators": 4,
}


def read_scenario(text: str) -> Scenario:
    """The scenario of a line. Raises ScenarioError for what no scenario has."""
    known = {one.name for one in fields(Scenario)}
    members: dict[str, Any] = {}
    for part in _parts(text):
        name, equals, value = part.partition("=")
        if name not in known or not equals:
            raise ScenarioError(
                f"{part!r} is no part of a scenario: name=value, with a name of {sorted(known)}"
            )
        members[name] = read_member(name, value)
    return whole(Scenario(**members))


def whole(scenario: Scenario) -> Scenario:
    """The scenario, if its members go together. Raises ScenarioError."""
    if not scenario.at_once and (scenario.order or scenario.format != "old"):
        raise ScenarioError("format and order are for at_once: requests that are answered at the same time")
    return scenario


def _parts(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ScenarioError(f"{text!r} is no scenario: {error}") from error


def read_member(name: str, value: Any) -> Any:
    """The value of one member from text, or from what a TOML file holds. Raises ScenarioError."""
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise ScenarioError(f"{name} is {value!r}: choose from {', '.join(_CHOICES[name])}")
        return value
    if name == "order":
        return _read_order(value)
    if name in ("odd", "mishaps", "at_once"):
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise ScenarioError(f"{name} is {value!r}: it must be a list of names")
        return _read_many(name, [part for part in parts if part])
    return _read_number(name, value)


def _read_number(name: str, value: Any) -> int:
    least, most = _LEAST.get(name, 0), _MOST.get(name, 10**15)
    try:
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise TypeError  # a file has other types, and int() would take them
        number = int(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"{name} is {value!r}: it must be a whole number") from None
    if not least <= number <= most:
        raise ScenarioError(f"{name} is {number}: it must be from {least} to {most}")
    return number


def _read_order(value: Any) -> str:
    try:
        letters_of(str(value))
    except ValueError as error:
        raise ScenarioError(str(error)) from error
    return str(value)


def _read_many(name: str, parts: list[str]) -> tuple[Any, ...]:
    if name == "at_once":
        unknown = [part for part in parts if part not in KINDS]
        if unknown:
            raise ScenarioError(f"{unknown[0]!r} cannot be sent at once: choose from {', '.join(KINDS)}")
        return tuple(parts)
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
_BUDGETS: Final = {"documented": (0, 0, 8, 10, 11, 12, 15, 20, 30, 50), "safe": (0, 0, 50, 60, 100)}
_ROLLBACKS: Final[dict[str, tuple[Rollback, ...]]] = {
    "documented": ("never", "never", "never", "after", "halfway", "late"),
    "safe": ("never", "never", "never", "after", "halfway", "late"),
}
_STRATEGIES: Final[dict[str, tuple[Strategy, ...]]] = {
    "documented": ("steps", "guide", "guide", "zero-downtime", "new-first"),
    "safe": ("zero-downtime",),
}


def draw(seed: int, base: Scenario) -> Scenario:
    """A scenario by chance: what ``base`` says of conditions, migration and claims, the rest by ``seed``."""
    chance = Chance(seed, "scenario")
    tasks = (0, 1, 2, 3, 3, 4, 5, 6, 8, 12)[chance.below(10)]
    busy = chance.happens(700)
    documented = base.migration == "documented"
    strategies = _STRATEGIES[base.migration]
    drawn = replace(
        base,
        seed=seed,
        strategy=strategies[chance.below(len(strategies))],
        rollback=_ROLLBACKS[base.migration][chance.below(len(_ROLLBACKS[base.migration]))],
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
        gap=1 if chance.happens(150) else 90,
        runs=(1, 2, 3, 6)[chance.below(4)] if documented else 1,
        retry=300 if documented and chance.happens(250) else 30,
        again=1 if documented and chance.happens(300) else 0,
        operators=2 if chance.happens(150) else 1,
        within=2 if chance.happens(250) else 60,
        mishaps=_mishaps(chance, tasks),
    )
    given_back = 3 if Chance(seed, "given back").happens(200) else 0
    return themed(replace(drawn, spent=_spent(drawn), given_back=given_back))


def _spent(scenario: Scenario) -> int:
    """Where a day has its quota it is sometimes nearly used up: then it ends in the middle of things."""
    quota, chance = scenario.platform.allowance.writes_per_day, Chance(scenario.seed, "spent")
    return 0 if quota is None or not chance.happens(150) else quota - chance.below(150)


def _odd(chance: Chance) -> tuple[str, ...]:
    if chance.happens(400):
        return ()
    return tuple(name for name in ODDITIES if chance.happens(120))


def _mishaps(chance: Chance, tasks: int) -> tuple[PlannedMishap, ...]:
    if chance.happens(400):
        return ()
    if chance.happens(300):
        return (_in_first_run(chance, tasks),)
    return tuple(PlannedMishap.draw(chance) for _ in range(1 + chance.below(3)))


def _in_first_run(chance: Chance, tasks: int) -> PlannedMishap:
    """Something at any operation of the first run, if that takes four for each task and some more."""
    kind = ("crash", "refused", "refused", "unanswered", "timeout")[chance.below(5)]
    return PlannedMishap(kind, "operator-1.2", chance.between(1, 4 * tasks + 6))
