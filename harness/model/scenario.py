"""A scenario of a declared migration: everything that one simulation of it depends on, in a line of text."""

from dataclasses import dataclass
from typing import Annotated, Final

from harness.engine.interruption import Interruption, read_interruption
from harness.engine.meeting import Meeting, read_meeting
from harness.engine.order import Deviation, Deviations, read_deviation
from harness.model.circumstances import (
    CIRCUMSTANCES,
    DEVIATIONS,
    ENTRIES,
    FAULTS,
    MOST_PEOPLE,
    PEOPLE,
    Budget,
    Circumstances,
    Colos,
    Faults,
    Named,
    Page,
    Rate,
    Rollout,
    Seed,
    Skew,
    Spent,
)
from harness.model.oddities import KINDS
from harness.parameters import Choice, Count, Number, Several, always, one_of
from kvstore import LIMITS

AMONG: Final = ("some", "all")
ROLLBACKS: Final = ("never", "after", "halfway", "late")

_MOST_ENTRIES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Scenario(Circumstances):
    """Each member says everything about itself; the operator is in the first of the locations."""

    seed: Seed = 1
    conditions: Named = "production"
    entries: Annotated[
        int,
        Count(
            "entries that move; where the source has fewer, more like them are made",
            least=1,
            most=_MOST_ENTRIES,
            rank=ENTRIES,
            drawn=(1, 2, 3, 4, 6, 8, 12),
        ),
    ] = 6
    among: Annotated[
        str, Choice("which entries there are to choose from: some of every kind, or all", AMONG, kept=always)
    ] = "some"
    odd: Annotated[
        tuple[str, ...],
        Several("odd entries, one of each kind", one_of(KINDS), ", ".join(KINDS), rank=ENTRIES),
    ] = ()
    page: Page = LIMITS.list_keys
    budget: Budget = 0
    write_rate: Rate = "refused"
    spent: Spent = 0
    colos: Colos = 1
    skew: Skew = 0
    lag: Annotated[
        int,
        Number(
            "how far D1's replicas are behind, for who reads in a session, in milliseconds",
            most=60_000,
            rank=CIRCUMSTANCES,
            drawn=(0, 200, 2_000, 20_000),
        ),
    ] = 0
    readers: Annotated[int, Count("who look for entries", most=MOST_PEOPLE, rank=PEOPLE)] = 0
    clients: Annotated[int, Count("who change entries", most=MOST_PEOPLE, rank=PEOPLE)] = 0
    rounds: Annotated[
        int,
        Count("entries that each client changes", least=1, most=MOST_PEOPLE, rank=PEOPLE, each="clients"),
    ] = 2
    rollout: Rollout = 0
    tries: Annotated[
        int,
        Number("how often an operator tries what fails", least=1, most=1000, rank=CIRCUMSTANCES, kept=always),
    ] = 8
    rollback: Annotated[
        str, Choice("the way back after the end, half-way, or late", ROLLBACKS, rank=CIRCUMSTANCES)
    ] = "never"
    faults: Faults = ()
    interrupt: Annotated[
        tuple[Interruption, ...],
        Several(
            "what somebody does whole before an operation of a request",
            read_interruption,
            "remove@operator.2:7 …",
            rank=FAULTS,
        ),
    ] = ()

    at_once: Annotated[
        tuple[Meeting, ...],
        Several(
            "what somebody does at the same time as a request, or several before it",
            read_meeting,
            "remove@operator.2, remove+create@operator.2 …",
            rank=FAULTS,
        ),
    ] = ()
    order: Annotated[
        tuple[Deviation, ...],
        Deviations(
            "which KV operations let others go first, and how many of theirs",
            read_deviation,
            "operator.2:7+3 …",
            rank=DEVIATIONS,
        ),
    ] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether the operator is alone, everybody sees everything at once, and nothing goes wrong."""
        others = (self.readers, self.clients, self.faults, self.interrupt, self.at_once, self.order)
        return not any(others) and self.conditions == "local" and self.rollback == "never"
