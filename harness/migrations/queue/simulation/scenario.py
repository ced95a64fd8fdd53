"""A scenario: everything that a simulation depends on, in one line of text.

Two simulations of one scenario are the same, operation for operation. Whatever a search finds is such a line,
and whatever it leaves out of a line to make it shorter changes nothing else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal, Self, get_args

from harness import (
    CIRCUMSTANCES,
    ENTRIES,
    MOST_PEOPLE,
    MOST_SECONDS,
    ORDER,
    PEOPLE,
    SKEW,
    Budget,
    Choice,
    Circumstances,
    Colos,
    Count,
    Faults,
    Named,
    Number,
    Page,
    ParameterError,
    Rate,
    Rollout,
    Seed,
    Several,
    Spent,
    always,
    one_of,
)
from harness.engine.interleaving import Order
from harness.migrations.queue.simulation.odd_entry import is_odd_entry
from harness.migrations.queue.simulation.odd_entry import simpler as simpler_odd
from harness.migrations.queue.simulation.population import ODDITIES
from harness.migrations.queue.simulation.requests import KINDS
from kvstore import LIMITS

Migration = Literal["documented", "safe"]
MIGRATIONS: Final[tuple[Migration, ...]] = get_args(Migration)
Strategy = Literal["steps", "guide", "zero-downtime", "new-first"]
Claims = Literal["kv", "coordinator"]
Format = Literal["old", "dual", "new"]
# What a safe migration is asked beside: what a rollback would do, what one with mode=delete would, and
# that one, instead of a rollback.
ASIDES: Final = ("dry-run", "dry-delete", "delete")
Rollback = Literal["never", "after", "halfway", "late"]


_MOST_TASKS: Final = 100_000
_DAY: Final = 86_400


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


@dataclass(frozen=True, slots=True)
class Scenario(Circumstances):
    """``seed`` is where chance begins; the rest says what there is.

    Each member says everything about itself: what it means, what it can be, how it is drawn and made smaller.
    The operator, and what comes first, is in the first of the locations.
    """

    seed: Seed = 1
    conditions: Named = "production"
    migration: Annotated[
        Migration, Choice("as the guide has it, or the one that survives", get_args(Migration), kept=always)
    ] = "documented"
    strategy: Annotated[
        Strategy,
        Choice("how the operator goes about it", get_args(Strategy), rank=CIRCUMSTANCES, kept=_is_safe),
    ] = "guide"
    claims: Annotated[Claims, Choice("who decides claims", get_args(Claims), kept=always)] = "kv"
    rollback: Annotated[
        Rollback,
        Choice(
            "after the run, half-way, or late: when new code has been at work for a while",
            get_args(Rollback),
            rank=CIRCUMSTANCES,
            drawn=("never", "never", "never", "after", "halfway", "late"),
        ),
    ] = "never"
    tasks: Annotated[
        int,
        Count(
            "tasks in the old format", most=_MOST_TASKS, rank=ENTRIES, drawn=(0, 1, 2, 3, 3, 4, 5, 6, 8, 12)
        ),
    ] = 3
    leases: Annotated[
        int, Count("how many of them, the first, are held by somebody", most=_MOST_TASKS, rank=ENTRIES)
    ] = 0
    odd: Annotated[
        tuple[str, ...],
        OddEntries(
            "what is odd about the entries",
            _odd_entry,
            f"{', '.join(ODDITIES)}, or words of the axes below with + between them",
            rank=ENTRIES,
        ),
    ] = ()
    page: Page = LIMITS.list_keys
    empty: Annotated[
        int, Number("1 if each listing begins with an empty page", most=1, rank=CIRCUMSTANCES)
    ] = 0
    budget: Budget = 0
    write_rate: Rate = "refused"
    spent: Spent = 0
    colos: Colos = 1
    skew: Annotated[int, replace(SKEW, drawn=(*SKEW.drawn, 30_000))] = 0
    producers: Annotated[int, Count("who sends messages", most=MOST_PEOPLE, rank=PEOPLE, drawn=(0, 1, 2))] = 0
    events: Annotated[
        int,
        Count("messages of each producer", most=MOST_PEOPLE, rank=PEOPLE, each="producers", drawn=(1, 2, 3)),
    ] = 2
    daemons: Annotated[
        int, Count("who claims tasks and works", most=MOST_PEOPLE, rank=PEOPLE, drawn=(0, 1, 2, 3))
    ] = 0
    polls: Annotated[
        int,
        Count("polls of each daemon", most=MOST_PEOPLE, rank=PEOPLE, each="daemons", drawn=(1, 2, 3, 4)),
    ] = 3
    given_back: Annotated[
        int,
        Number(
            "of ten tasks, how many a daemon gives back after a while, for another to take",
            most=10,
            rank=CIRCUMSTANCES,
        ),
    ] = 0
    lookers: Annotated[int, Count("who reads tasks all the time", most=MOST_PEOPLE, rank=PEOPLE)] = 0
    beat: Annotated[
        int,
        Number(
            "seconds: all daemons poll when this divides the time; 0 for each at its own times",
            most=MOST_SECONDS,
            rank=CIRCUMSTANCES,
        ),
    ] = 0
    lease: Annotated[
        int,
        Number(
            "seconds that daemons claim for, 0 for what each of them likes", most=_DAY, rank=CIRCUMSTANCES
        ),
    ] = 0
    rollout: Rollout = 0
    after: Annotated[
        int, Number("seconds until others than operators begin", most=MOST_SECONDS, rank=CIRCUMSTANCES)
    ] = 0
    work: Annotated[
        int,
        Number("seconds that work on a task takes, at most", least=1, most=MOST_SECONDS, rank=CIRCUMSTANCES),
    ] = 90
    gap: Annotated[
        int,
        Number("seconds between two messages of a producer, at most", most=MOST_SECONDS, rank=CIRCUMSTANCES),
    ] = 90
    runs: Annotated[
        int,
        Count(
            "how often the operator of a documented migration tries",
            least=1,
            most=MOST_PEOPLE,
            rank=CIRCUMSTANCES,
            drawn=(1, 2, 3, 6),
        ),
    ] = 3
    retry: Annotated[
        int, Number("seconds between two tries, at most", least=1, most=MOST_SECONDS, rank=CIRCUMSTANCES)
    ] = 30
    again: Annotated[
        int,
        Count(
            "how often more when the new code is deployed, as long as status says that it is needed",
            most=MOST_PEOPLE,
            rank=CIRCUMSTANCES,
        ),
    ] = 0
    back_again: Annotated[
        int,
        Count("how often more a rollback is asked for that is done", most=10, rank=CIRCUMSTANCES),
    ] = 0
    aside: Annotated[
        tuple[str, ...],
        Several(
            "what the operators of a safe migration ask beside: what would be, or the new keys' end",
            one_of(ASIDES),
            ", ".join(ASIDES),
            rank=CIRCUMSTANCES,
        ),
    ] = ()
    walk: Annotated[
        int,
        Number(
            "1 for one walk through the guide: the operator stops at the end of a day's operations, a "
            "producer and a daemon work between its steps, and the judge claims a task",
            most=1,
            rank=CIRCUMSTANCES,
        ),
    ] = 0
    operators: Annotated[int, Count("who migrates, all at once", least=1, most=4, rank=PEOPLE)] = 1
    within: Annotated[
        int, Number("seconds in which the operators begin", least=1, most=MOST_SECONDS, rank=CIRCUMSTANCES)
    ] = 60
    faults: Faults = ()
    at_once: Annotated[
        tuple[str, ...],
        Several(
            "requests that are answered at the same time; nobody else is there then",
            one_of(tuple(KINDS)),
            ", ".join(KINDS),
            rank=ENTRIES,
            least=1,
            most=26,
        ),
    ] = ()
    format: Annotated[Format, Choice("the Worker that answers them", get_args(Format), kept=always)] = "old"
    order: Annotated[
        str,
        Order(
            "whose KV operation or call of an object comes when: four of the first, then one of the second …",
            rank=ORDER,
        ),
    ] = ""
    pace: Annotated[
        int,
        Number(
            "milliseconds that each of them takes: a second, so that KV takes every write",
            least=1,
            most=60_000,
            rank=CIRCUMSTANCES,
        ),
    ] = 1000

    @property
    def clock_spread(self) -> int:
        """How far two clocks may be apart, in milliseconds."""
        return abs(self.skew) * self.colos

    def whole(self) -> Self:
        if not self.at_once and (self.order or self.format != "old"):
            raise ParameterError(
                "format and order are for at_once: requests that are answered at the same time"
            )
        return self
