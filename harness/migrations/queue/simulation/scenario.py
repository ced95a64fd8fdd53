"""A scenario: everything that a simulation depends on, in one line of text.

Two simulations of one scenario are the same, operation for operation. Whatever a search finds is such a line,
and whatever it leaves out of a line to make it shorter changes nothing else.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal, get_args

from harness.conditions import COLOS, CONDITIONS, Conditions, conditions_of
from harness.engine.chance import Chance
from harness.engine.interleaving import Order
from harness.migrations.queue.simulation.population import ODDITIES
from harness.migrations.queue.simulation.requests import KINDS
from harness.migrations.queue.simulation.theme import themed
from harness.parameters import (
    Choice,
    Count,
    Number,
    ParameterError,
    Several,
    always,
    one_of,
    parameters,
    read_line,
    size,
    write_line,
)
from kvstore import LIMITS
from kvstore.faults import FAULTS, Fault, read_planned

Migration = Literal["documented", "safe"]
Strategy = Literal["steps", "guide", "zero-downtime", "new-first"]
Claims = Literal["kv", "coordinator"]
Format = Literal["old", "dual", "new"]
Rollback = Literal["never", "after", "halfway", "late"]


_MOST_TASKS: Final = 100_000
_MOST_PEOPLE: Final = 100  # of a kind, and of what each of them does
_HOUR: Final = 3600
_DAY: Final = 86_400

# What weighs most when a scenario is made smaller, first.
_FAULTS, _ENTRIES, _PEOPLE, _CIRCUMSTANCES, _ORDER = range(5)


def _is_safe(scenario: "Scenario") -> bool:
    return scenario.migration == "safe"


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
        Several("what is odd about the entries", one_of(tuple(ODDITIES)), ", ".join(ODDITIES), rank=_ENTRIES),
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


_BUDGETS: Final = {"documented": (0, 0, 8, 10, 11, 12, 15, 20, 30, 50), "safe": (0, 0, 50, 60, 100)}
_STRATEGIES: Final[dict[str, tuple[Strategy, ...]]] = {
    "documented": ("steps", "guide", "guide", "zero-downtime", "new-first"),
    "safe": ("zero-downtime",),
}


def draw(seed: int, base: Scenario) -> Scenario:
    """A scenario by chance: what ``base`` says of conditions, migration and claims, the rest by ``seed``."""
    chance = Chance(seed, "scenario")

    def drawn(name: str) -> Any:
        return parameters(Scenario)[name].draw(chance)

    tasks = drawn("tasks")
    busy = chance.happens(700)
    documented = base.migration == "documented"
    strategies = _STRATEGIES[base.migration]
    scenario = replace(
        base,
        seed=seed,
        strategy=strategies[chance.below(len(strategies))],
        rollback=drawn("rollback"),
        tasks=tasks,
        leases=chance.below(tasks + 1) if chance.happens(600) else 0,
        odd=_odd(chance),
        page=drawn("page"),
        budget=_BUDGETS[base.migration][chance.below(len(_BUDGETS[base.migration]))],
        colos=drawn("colos"),
        skew=drawn("skew"),
        producers=drawn("producers") if busy else 0,
        events=drawn("events"),
        daemons=drawn("daemons") if busy else 0,
        polls=drawn("polls"),
        gap=1 if chance.happens(150) else 90,
        runs=drawn("runs") if documented else 1,
        retry=300 if documented and chance.happens(250) else 30,
        again=1 if documented and chance.happens(300) else 0,
        operators=2 if chance.happens(150) else 1,
        within=2 if chance.happens(250) else 60,
        mishaps=_faults(chance, tasks),
    )
    given_back = 3 if Chance(seed, "given back").happens(200) else 0
    return themed(replace(scenario, spent=_spent(scenario), given_back=given_back))


def _spent(scenario: Scenario) -> int:
    """Where a day has its quota it is sometimes nearly used up: then it ends in the middle of things."""
    quota, chance = scenario.platform.allowance.writes_per_day, Chance(scenario.seed, "spent")
    return 0 if quota is None or not chance.happens(150) else quota - chance.below(150)


def _odd(chance: Chance) -> tuple[str, ...]:
    if chance.happens(400):
        return ()
    return tuple(name for name in ODDITIES if chance.happens(120))


def _faults(chance: Chance, tasks: int) -> tuple[Fault, ...]:
    if chance.happens(400):
        return ()
    if chance.happens(300):
        return (_in_first_run(chance, tasks),)
    return tuple(_anywhere(chance) for _ in range(1 + chance.below(3)))


def _anywhere(chance: Chance) -> Fault:
    """Any kind: mostly in the operator's requests, early rather than late."""
    who = ("operator-1", "operator-1", "operator-1", "daemon-1", "daemon-2", "producer-1")[chance.below(6)]
    kind = tuple(FAULTS)[chance.below(len(FAULTS))]
    if FAULTS[kind].strikes == "actor" and not who.startswith("daemon"):
        kind = "crash"
    place = min(chance.below(8), chance.below(8))
    # A daemon breaks down after a claim, and those are among the first of its requests.
    request = f"{who}.{1 + (min(place, 1) if FAULTS[kind].strikes == 'actor' else place)}"
    counted = FAULTS[kind].strikes == "operation"
    return Fault(kind, 1 + min(chance.below(40), chance.below(40)) if counted else 0, request)


def _in_first_run(chance: Chance, tasks: int) -> Fault:
    """Something at any operation of the first run, if that takes four for each task and some more."""
    kind = ("crash", "refused", "refused", "unanswered", "timeout")[chance.below(5)]
    return Fault(kind, chance.between(1, 4 * tasks + 6), "operator-1.2")
