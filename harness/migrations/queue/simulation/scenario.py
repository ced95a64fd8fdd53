"""A scenario: everything that a simulation depends on, in one line of text.

Two simulations of one scenario are the same, operation for operation. Whatever a search finds is such a line,
and whatever it leaves out of a line to make it shorter changes nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, get_args

from harness.conditions import COLOS, CONDITIONS, Conditions, conditions_of
from harness.engine.interleaving import Order
from harness.migrations.queue.simulation.odd_entry import is_odd_entry
from harness.migrations.queue.simulation.odd_entry import simpler as simpler_odd
from harness.migrations.queue.simulation.population import ODDITIES
from harness.migrations.queue.simulation.requests import KINDS
from harness.parameters import (
    Choice,
    Count,
    Number,
    ParameterError,
    Several,
    always,
    one_of,
    read_line,
    size,
    write_line,
)
from kvstore import LIMITS
from kvstore.faults import Fault, read_planned

Migration = Literal["documented", "safe"]
Strategy = Literal["steps", "guide", "zero-downtime", "new-first"]
Claims = Literal["kv", "coordinator"]
Format = Literal["old", "dual", "new"]
# What a safe migration is asked beside: what a rollback would do, what one with mode=delete would, and
# that one, instead of a rollback.
ASIDES: Final = ("dry-run", "dry-delete", "delete")
Rollback = Literal["never", "after", "halfway", "late"]


_MOST_TASKS: Final = 100_000
_MOST_PEOPLE: Final = 100  # of a kind, and of what each of them does
_HOUR: Final = 3600
_DAY: Final = 86_400

# What weighs most when a scenario is made smaller, first.
_FAULTS, _ENTRIES, _PEOPLE, _CIRCUMSTANCES, _ORDER = range(5)


def _is_safe(scenario: "Scenario") -> bool:
    return scenario.migration == "safe"


_KNOWN: Final = one_of(tuple(ODDITIES))


def _odd_entry(value: Any) -> str:
    """What is odd, by its name or by words of the axes."""
    return value if isinstance(value, str) and is_odd_entry(value) else _KNOWN(value)


@dataclass(frozen=True, kw_only=True)
class OddEntries(Several[str]):
    """Parts that get simpler by themselves, too: a word of an axis less."""

    def weight(self, value: tuple[str, ...]) -> int:
        return sum(1 + one.count("+") for one in value)

    def simpler(self, value: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield from super().simpler(value)
        for at, one in enumerate(value):
            yield from ((*value[:at], less, *value[at + 1 :]) for less in simpler_odd(one))


def _planned(value: Any) -> Fault:
    """A fault from text, or from a table of a TOML file."""
    if isinstance(value, str):
        return read_planned(value)
    if not isinstance(value, dict) or not {"kind", "request"} <= value.keys() <= {
        "kind",
        "request",
        "operation",
    }:
        raise ParameterError("a fault has kind, request and, for most kinds, operation")
    operation = f":{value['operation']}" if "operation" in value else ""
    return read_planned(f"{value['kind']}@{value['request']}{operation}")


@dataclass(frozen=True, slots=True)
class Scenario:
    """``seed`` is where chance begins; the rest says what there is.

    Each member says everything about itself: what it means, what it can be, how it is drawn and made smaller.
    The operator, and what comes first, is in the first of the locations.
    """

    seed: Annotated[int, Number("where chance begins", most=10**15, said=True, kept=always)] = 1
    conditions: Annotated[str, Choice("how unfriendly the platform is", tuple(CONDITIONS), kept=always)] = (
        "production"
    )
    migration: Annotated[
        Migration, Choice("as the guide has it, or the one that survives", get_args(Migration), kept=always)
    ] = "documented"
    strategy: Annotated[
        Strategy,
        Choice("how the operator goes about it", get_args(Strategy), rank=_CIRCUMSTANCES, kept=_is_safe),
    ] = "guide"
    claims: Annotated[Claims, Choice("who decides claims", get_args(Claims), kept=always)] = "kv"
    rollback: Annotated[
        Rollback,
        Choice(
            "after the run, half-way, or late: when new code has been at work for a while",
            get_args(Rollback),
            rank=_CIRCUMSTANCES,
            drawn=("never", "never", "never", "after", "halfway", "late"),
        ),
    ] = "never"
    tasks: Annotated[
        int,
        Count(
            "tasks in the old format", most=_MOST_TASKS, rank=_ENTRIES, drawn=(0, 1, 2, 3, 3, 4, 5, 6, 8, 12)
        ),
    ] = 3
    leases: Annotated[
        int, Count("how many of them, the first, are held by somebody", most=_MOST_TASKS, rank=_ENTRIES)
    ] = 0
    odd: Annotated[
        tuple[str, ...],
        OddEntries(
            "what is odd about the entries",
            _odd_entry,
            f"{', '.join(ODDITIES)}, or words of the axes below with + between them",
            rank=_ENTRIES,
        ),
    ] = ()
    page: Annotated[
        int,
        Number(
            "keys of a listing",
            least=1,
            most=LIMITS.list_keys,
            rank=_CIRCUMSTANCES,
            drawn=(1000, 1000, 1, 2, 3, 7),
        ),
    ] = LIMITS.list_keys
    empty: Annotated[
        int, Number("1 if each listing begins with an empty page", most=1, rank=_CIRCUMSTANCES)
    ] = 0
    budget: Annotated[
        int,
        Number(
            "KV operations of an invocation, 0 for what the conditions allow",
            most=1_000_000,
            rank=_CIRCUMSTANCES,
        ),
    ] = 0
    spent: Annotated[
        int,
        Number(
            "writes, deletes and listings of the day's quota that are used up when it begins",
            most=1_000_000,
            rank=_CIRCUMSTANCES,
        ),
    ] = 0
    colos: Annotated[
        int, Count("locations", least=1, most=len(COLOS), rank=_CIRCUMSTANCES, drawn=(1, 2, 3))
    ] = 1
    skew: Annotated[
        int,
        Number(
            "how far the clock of each location is ahead of the one before, in milliseconds",
            least=-600_000,
            most=600_000,
            rank=_CIRCUMSTANCES,
            drawn=(0, 0, 0, 2_000, -2_000, 30_000),
        ),
    ] = 0
    producers: Annotated[
        int, Count("who sends messages", most=_MOST_PEOPLE, rank=_PEOPLE, drawn=(0, 1, 2))
    ] = 0
    events: Annotated[
        int,
        Count(
            "messages of each producer", most=_MOST_PEOPLE, rank=_PEOPLE, each="producers", drawn=(1, 2, 3)
        ),
    ] = 2
    daemons: Annotated[
        int, Count("who claims tasks and works", most=_MOST_PEOPLE, rank=_PEOPLE, drawn=(0, 1, 2, 3))
    ] = 0
    polls: Annotated[
        int,
        Count("polls of each daemon", most=_MOST_PEOPLE, rank=_PEOPLE, each="daemons", drawn=(1, 2, 3, 4)),
    ] = 3
    given_back: Annotated[
        int,
        Number(
            "of ten tasks, how many a daemon gives back after a while, for another to take",
            most=10,
            rank=_CIRCUMSTANCES,
        ),
    ] = 0
    lookers: Annotated[int, Count("who reads tasks all the time", most=_MOST_PEOPLE, rank=_PEOPLE)] = 0
    beat: Annotated[
        int,
        Number(
            "seconds: all daemons poll when this divides the time; 0 for each at its own times",
            most=_HOUR,
            rank=_CIRCUMSTANCES,
        ),
    ] = 0
    lease: Annotated[
        int,
        Number(
            "seconds that daemons claim for, 0 for what each of them likes", most=_DAY, rank=_CIRCUMSTANCES
        ),
    ] = 0
    rollout: Annotated[
        int,
        Number(
            "seconds until a deployment has reached every location, at most", most=_HOUR, rank=_CIRCUMSTANCES
        ),
    ] = 0
    after: Annotated[
        int, Number("seconds until others than operators begin", most=_HOUR, rank=_CIRCUMSTANCES)
    ] = 0
    work: Annotated[
        int,
        Number("seconds that work on a task takes, at most", least=1, most=_HOUR, rank=_CIRCUMSTANCES),
    ] = 90
    gap: Annotated[
        int, Number("seconds between two messages of a producer, at most", most=_HOUR, rank=_CIRCUMSTANCES)
    ] = 90
    runs: Annotated[
        int,
        Count(
            "how often the operator of a documented migration tries",
            least=1,
            most=_MOST_PEOPLE,
            rank=_CIRCUMSTANCES,
            drawn=(1, 2, 3, 6),
        ),
    ] = 3
    retry: Annotated[
        int, Number("seconds between two tries, at most", least=1, most=_HOUR, rank=_CIRCUMSTANCES)
    ] = 30
    again: Annotated[
        int,
        Count(
            "how often more when the new code is deployed, as long as status says that it is needed",
            most=_MOST_PEOPLE,
            rank=_CIRCUMSTANCES,
        ),
    ] = 0
    back_again: Annotated[
        int,
        Count("how often more a rollback is asked for that is done", most=10, rank=_CIRCUMSTANCES),
    ] = 0
    aside: Annotated[
        tuple[str, ...],
        Several(
            "what the operators of a safe migration ask beside: what would be, or the new keys' end",
            one_of(ASIDES),
            ", ".join(ASIDES),
            rank=_CIRCUMSTANCES,
        ),
    ] = ()
    operators: Annotated[int, Count("who migrates, all at once", least=1, most=4, rank=_PEOPLE)] = 1
    within: Annotated[
        int, Number("seconds in which the operators begin", least=1, most=_HOUR, rank=_CIRCUMSTANCES)
    ] = 60
    mishaps: Annotated[
        tuple[Fault, ...],
        Several(
            "what goes wrong, and where",
            _planned,
            "faults, as below",
            rank=_FAULTS,
            also=("mishap", "faults", "fault"),
        ),
    ] = ()
    at_once: Annotated[
        tuple[str, ...],
        Several(
            "requests that are answered at the same time; nobody else is there then",
            one_of(tuple(KINDS)),
            ", ".join(KINDS),
            rank=_ENTRIES,
            least=1,
            most=26,
        ),
    ] = ()
    format: Annotated[Format, Choice("the Worker that answers them", get_args(Format), kept=always)] = "old"
    order: Annotated[
        str, Order("whose KV operation comes when: four of the first, then one of the second …", rank=_ORDER)
    ] = ""
    pace: Annotated[
        int,
        Number(
            "milliseconds that each of them takes: a second, so that KV takes every write",
            least=1,
            most=60_000,
            rank=_CIRCUMSTANCES,
        ),
    ] = 1000

    def __str__(self) -> str:
        """Every member that is not the default, as ``name=value``."""
        return write_line(self)

    @property
    def platform(self) -> Conditions:
        """The named conditions, with this scenario's budget."""
        return conditions_of(self.conditions, self.budget)

    @property
    def clock_spread(self) -> int:
        """How far two clocks may be apart, in milliseconds."""
        return abs(self.skew) * self.colos

    @property
    def size(self) -> tuple[int, ...]:
        """How much there is to understand: a search prefers the smaller."""
        return size(self)


def read_scenario(text: str) -> Scenario:
    """The scenario of a line. Raises ParameterError for what no scenario has."""
    return whole(read_line(Scenario, text))


def whole(scenario: Scenario) -> Scenario:
    """The scenario, if its members go together. Raises ParameterError."""
    if not scenario.at_once and (scenario.order or scenario.format != "old"):
        raise ParameterError("format and order are for at_once: requests that are answered at the same time")
    return scenario
