"""A scenario of a declared migration: everything that one simulation of it depends on, in a line of text."""

from dataclasses import dataclass
from typing import Annotated, Final

from harness.conditions import COLOS, CONDITIONS, Conditions, conditions_of
from harness.engine.interruption import Interruption, read_interruption
from harness.engine.meeting import Meeting, read_meeting
from harness.engine.order import Deviation, Deviations, read_deviation
from harness.model.oddities import KINDS
from harness.parameters import Choice, Count, Number, Several, always, one_of, read_line, size, write_line
from kvstore import LIMITS
from kvstore.faults import Fault, read_planned

AMONG: Final = ("some", "all")
ROLLBACKS: Final = ("never", "after", "halfway", "late")

_MOST_PEOPLE: Final = 100
_MOST_ENTRIES: Final = 1_000_000
_HOUR: Final = 3600

# What weighs most when a scenario is made smaller, first.
_FAULTS, _ORDER, _ENTRIES, _PEOPLE, _CIRCUMSTANCES = range(5)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Each member says everything about itself; the operator is in the first of the locations."""

    seed: Annotated[int, Number("where chance begins", most=10**15, said=True, kept=always)] = 1
    conditions: Annotated[str, Choice("how unfriendly the platform is", tuple(CONDITIONS), kept=always)] = (
        "production"
    )
    entries: Annotated[
        int,
        Count(
            "entries that move; where the source has fewer, more like them are made",
            least=1,
            most=_MOST_ENTRIES,
            rank=_ENTRIES,
            drawn=(1, 2, 3, 4, 6, 8, 12),
        ),
    ] = 6
    among: Annotated[
        str, Choice("which entries there are to choose from: some of every kind, or all", AMONG, kept=always)
    ] = "some"
    odd: Annotated[
        tuple[str, ...],
        Several("odd entries, one of each kind", one_of(tuple(KINDS)), ", ".join(KINDS), rank=_ENTRIES),
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
    budget: Annotated[
        int,
        Number(
            "KV operations of a request, 0 for what the conditions allow", most=10**6, rank=_CIRCUMSTANCES
        ),
    ] = 0
    spent: Annotated[
        int,
        Number("what is used up of the day's writes, deletes and listings", most=10**6, rank=_CIRCUMSTANCES),
    ] = 0
    colos: Annotated[int, Count("locations", least=1, most=len(COLOS), rank=_CIRCUMSTANCES)] = 1
    skew: Annotated[
        int,
        Number(
            "how far clocks elsewhere are ahead, in milliseconds",
            least=-600_000,
            most=600_000,
            rank=_CIRCUMSTANCES,
            drawn=(0, 0, 0, 2_000, -2_000),
        ),
    ] = 0
    readers: Annotated[int, Count("who look for entries", most=_MOST_PEOPLE, rank=_PEOPLE)] = 0
    clients: Annotated[int, Count("who change entries", most=_MOST_PEOPLE, rank=_PEOPLE)] = 0
    rounds: Annotated[
        int,
        Count("entries that each client changes", least=1, most=_MOST_PEOPLE, rank=_PEOPLE, each="clients"),
    ] = 2
    rollout: Annotated[
        int,
        Number(
            "seconds until a deployment is everywhere, at most",
            most=_HOUR,
            rank=_CIRCUMSTANCES,
            drawn=(0, 0, 60),
        ),
    ] = 0
    tries: Annotated[
        int,
        Number(
            "how often an operator tries what fails", least=1, most=1000, rank=_CIRCUMSTANCES, kept=always
        ),
    ] = 8
    rollback: Annotated[
        str, Choice("the way back after the end, half-way, or late", ROLLBACKS, rank=_CIRCUMSTANCES)
    ] = "never"
    faults: Annotated[
        tuple[Fault, ...],
        Several("what goes wrong", read_planned, "crash@operator.2:7 …", rank=_FAULTS, also=("mishaps",)),
    ] = ()
    interrupt: Annotated[
        tuple[Interruption, ...],
        Several(
            "what somebody does whole before an operation of a request",
            read_interruption,
            "remove@operator.2:7 …",
            rank=_FAULTS,
        ),
    ] = ()

    at_once: Annotated[
        tuple[Meeting, ...],
        Several(
            "what somebody does at the same time as a request, or several before it",
            read_meeting,
            "remove@operator.2, remove+create@operator.2 …",
            rank=_FAULTS,
        ),
    ] = ()
    order: Annotated[
        tuple[Deviation, ...],
        Deviations(
            "which KV operations let others go first, and how many of theirs",
            read_deviation,
            "operator.2:7+3 …",
            rank=_ORDER,
        ),
    ] = ()

    @property
    def mishaps(self) -> tuple[Fault, ...]:
        return self.faults

    @property
    def platform(self) -> Conditions:
        """The named conditions, with this scenario's budget."""
        return conditions_of(self.conditions, self.budget)

    @property
    def size(self) -> tuple[int, ...]:
        """How much there is to understand: a search prefers the smaller."""
        return size(self)

    def __str__(self) -> str:
        return write_line(self)


def read_scenario(text: str) -> Scenario:
    """The scenario of a line. Raises ParameterError."""
    return read_line(Scenario, text)
