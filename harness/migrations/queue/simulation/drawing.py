"""Draws scenarios by chance: the rest follows from a seed where conditions, migration and claims are said."""

from dataclasses import replace
from typing import Any, Final

from harness.engine.chance import Chance
from harness.migrations.queue.simulation.odd_entry import draw_odd
from harness.migrations.queue.simulation.population import ODDITIES
from harness.migrations.queue.simulation.preset import themed
from harness.migrations.queue.simulation.scenario import ASIDES, Scenario, Strategy
from kvstore import LIMITS
from kvstore.faults import FAULTS, OPERATION, Fault

# What is drawn beside, by a chance of its own: the values, each as often as it is there.
_BESIDE: Final[dict[str, tuple[Any, ...]]] = {
    "empty": (0, 0, 0, 0, 1),
    "after": (0, 0, 0, 200, 500),
    "work": (90, 90, 90, 500),
    "rollout": (0, 0, 0, 60),
    "back_again": (0, 1, 2),
    "lookers": (0, 0, 0, 1),
    "lease": (0, 0, 0, 30, 600),
}
_FULL_PAGE: Final = 7
_BUDGETS: Final = {"documented": (0, 0, 8, 10, 11, 12, 15, 20, 30, 50), "safe": (0, 0, 50, 60, 100)}
_STRATEGIES: Final[dict[str, tuple[Strategy, ...]]] = {
    "documented": ("steps", "guide", "guide", "zero-downtime", "new-first"),
    "safe": ("zero-downtime",),
}


def draw(seed: int, base: Scenario) -> Scenario:
    """A scenario by chance: what ``base`` says of conditions, migration and claims, the rest by ``seed``."""
    chance = Chance(seed, "scenario")

    def drawn(name: str) -> Any:
        return Scenario.draw(name, chance)

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
        faults=_faults(chance, tasks),
    )
    given_back = 3 if Chance(seed, "given back").happens(200) else 0
    drawn_so_far = themed(replace(scenario, spent=_spent(scenario), given_back=given_back))
    if base.write_rate == "lost" and Chance(seed, "write rate").happens(300):
        drawn_so_far = replace(drawn_so_far, write_rate="refused")
    return _with_more(drawn_so_far, Chance(seed, "more"))


def _with_more(scenario: Scenario, chance: Chance) -> Scenario:
    """Odd entries made of several axes, and settings that few runs have: for rare things to meet."""
    made = tuple(draw_odd(chance) for _ in range(chance.below(5) if chance.happens(500) else 0))
    beside = {name: values[chance.below(len(values))] for name, values in _BESIDE.items()}
    beside = {name: value for name, value in beside.items() if value and not getattr(scenario, name)}
    if not chance.happens(600):
        beside = {}
    if scenario.rollback != "never":
        # Where the old code arrives before it does elsewhere, it sees nothing of what is done there.
        beside.pop("rollout", None)
    aside = ASIDES if scenario.migration == "safe" else ()
    if "long-ids" in scenario.odd and scenario.page < _FULL_PAGE:
        # They stay, and a step of few operations could not look past them.
        beside["page"] = LIMITS.list_keys
    return replace(
        scenario,
        **{name: value for name, value in beside.items() if name != "work" or value != scenario.work},
        odd=tuple(dict.fromkeys((*scenario.odd, *made))),
        faults=(*scenario.faults, *((_of_anybody(chance),) if chance.happens(250) else ())),
        aside=tuple(one for one in aside if chance.happens(100)),
    )


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


def _of_anybody(chance: Chance) -> Fault:
    """Any kind of fault of an operation, in any request of anybody."""
    who = ("operator-1", "daemon-1", "daemon-2", "producer-1", "looker-1")[chance.below(5)]
    kind = OPERATION[chance.below(len(OPERATION))]
    return Fault(kind, 1 + min(chance.below(30), chance.below(30)), f"{who}.{1 + chance.below(12)}")


def _in_first_run(chance: Chance, tasks: int) -> Fault:
    """Something at any operation of the first run, if that takes four for each task and some more."""
    kind = ("crash", "refused", "refused", "unanswered", "timeout")[chance.below(5)]
    return Fault(kind, chance.between(1, 4 * tasks + 6), "operator-1.2")
