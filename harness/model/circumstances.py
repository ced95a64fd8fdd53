"""What scenarios of any migration have in common: members that say everything about themselves, said once."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Self, get_args

from harness.parameters import (
    Choice,
    Count,
    Number,
    ParameterError,
    Several,
    always,
    parameters,
    read_line,
    read_members,
    size,
    write_line,
)
from kvstore import LIMITS, Entropy
from kvstore.conditions import COLOS, CONDITIONS, Conditions, conditions_of
from kvstore.faults import Fault, read_planned
from kvstore.layers.quotas import WriteRate

# What weighs most when a scenario is made smaller, first. An order that is told by how it differs from first
# come, first served says what happened; one that is told whole is looked at last.
FAULTS, DEVIATIONS, ENTRIES, PEOPLE, CIRCUMSTANCES, ORDER = range(6)
# Of a kind, and of what each of them does.
MOST_PEOPLE: Final = 100
MOST_SECONDS: Final = 3600


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


SKEW: Final = Number(
    "how far the clock of each location is ahead of the one before, in milliseconds",
    least=-600_000,
    most=600_000,
    rank=CIRCUMSTANCES,
    drawn=(0, 0, 0, 2_000, -2_000),
)

Seed = Annotated[int, Number("where chance begins", most=10**15, said=True, kept=always)]
Named = Annotated[str, Choice("how unfriendly the platform is", tuple(CONDITIONS), kept=always)]
Page = Annotated[
    int,
    Number(
        "keys of a listing",
        least=1,
        most=LIMITS.list_keys,
        rank=CIRCUMSTANCES,
        drawn=(1000, 1000, 1, 2, 3, 7),
    ),
]
Budget = Annotated[
    int,
    Number("KV operations of an invocation, 0 for what the conditions allow", most=10**6, rank=CIRCUMSTANCES),
]
Rate = Annotated[
    WriteRate,
    Choice(
        "a write less than a second after another of its key: refused, or confirmed and lost",
        get_args(WriteRate),
        rank=CIRCUMSTANCES,
    ),
]
Spent = Annotated[
    int,
    Number(
        "writes, deletes and listings of the day's quota that are used up when it begins; as many rows of D1 "
        "are left",
        most=10**6,
        rank=CIRCUMSTANCES,
    ),
]
Colos = Annotated[int, Count("locations", least=1, most=len(COLOS), rank=CIRCUMSTANCES, drawn=(1, 2, 3))]
Skew = Annotated[int, SKEW]
Rollout = Annotated[
    int,
    Number(
        "seconds until a deployment has reached every location, at most",
        most=MOST_SECONDS,
        rank=CIRCUMSTANCES,
        drawn=(0, 0, 60),
    ),
]
Faults = Annotated[
    tuple[Fault, ...],
    Several(
        "what goes wrong, and where",
        _planned,
        "such as crash@operator.2:7; more below",
        rank=FAULTS,
        also=("fault", "mishaps", "mishap"),
    ),
]


class AnyScenario:
    """A scenario of whatever is simulated: a frozen dataclass of parameters, written as a line.

    The order of the members is that of its line, and of what is tried first when it is made smaller.
    """

    __slots__ = ()

    @classmethod
    def read(cls, text: str) -> Self:
        """The scenario of a line. Raises ParameterError."""
        return read_line(cls, text).whole()

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> Self:
        """The scenario of values by name: text, or what a TOML file holds. Raises ParameterError."""
        return read_members(cls, members).whole()

    @classmethod
    def draw(cls, member: str, entropy: Entropy) -> Any:
        """A value of a member by chance."""
        kind: type = cls
        return parameters(kind)[member].draw(entropy)

    def whole(self) -> Self:
        """The scenario, if its members go together. Raises ParameterError."""
        return self

    def __str__(self) -> str:
        """Every member that is not the default, as ``name=value``."""
        return write_line(self)

    @property
    def size(self) -> tuple[int, ...]:
        """How much there is to understand: a search prefers the smaller."""
        return size(self)


class Circumstances(AnyScenario):
    """A scenario on Cloudflare's platform: these members, and those of its own, in an order of its own."""

    __slots__ = ()

    seed: Seed
    conditions: Named
    page: Page
    budget: Budget
    write_rate: Rate
    spent: Spent
    colos: Colos
    skew: Skew
    rollout: Rollout
    faults: Faults

    @property
    def platform(self) -> Conditions:
        """The named conditions, with this scenario's budget and write rate."""
        return conditions_of(self.conditions, self.budget, self.write_rate)
