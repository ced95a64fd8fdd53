"""Scenarios like others, without end: those that have reached a line are varied further."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from harness.engine.chance import Chance
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.odd_entry import draw_odd
from harness.migrations.queue.simulation.scenario import Scenario
from kvstore.faults import OPERATION, Fault

# Members that a scenario may have from another: what is stored, who is there, how unfriendly everything is.
_OTHERS: Final = (
    "rollback", "leases", "odd", "page", "empty", "budget", "colos", "skew", "back_again", "aside",
    "producers", "daemons", "polls", "given_back", "lookers", "beat", "lease", "work", "operators", "within",
)  # fmt: skip
_SEEDS: Final = 10**9
# How many of them it has from another, at most.
_MOST_OTHERS: Final = 4
# How many turns one request may have before the other one begins, at most.
_MOST_TURNS: Final = 40
# By how many operations a fault may be moved.
_NEAR: Final = 6
# With more tasks a simulation takes longer than it tells.
_FEW_TASKS: Final = 12
# Milliseconds between two operations: a second, so that KV takes every write, and less.
_PACES: Final = (1000, 50)


def varied(near: Sequence[Scenario], name: str) -> Iterator[Scenario]:
    """Scenarios like those ``near``, the same ones for a name."""
    chance = Chance(1, name)
    while near:
        one = near[chance.below(len(near))]
        yield _at_once(one, chance) if one.at_once else _crossed(one, chance)


def _at_once(one: Scenario, chance: Chance) -> Scenario:
    """The same requests about other entries, in another order, faster, or with a coordinator."""
    turns = chance.below(_MOST_TURNS)
    return replace(
        one,
        seed=chance.below(_SEEDS),
        order=f"a{turns}b99" if turns else "b99",
        claims=("kv", "coordinator")[chance.below(2)],
        pace=_PACES[chance.below(len(_PACES))],
        odd=(*one.odd, *_odd(chance)),
        leases=chance.below(one.tasks + 1),
    )


def _crossed(one: Scenario, chance: Chance) -> Scenario:
    """What is in it partly as in a random scenario, and the fault elsewhere."""
    other = draw(chance.below(_SEEDS), one)
    names = {_OTHERS[chance.below(len(_OTHERS))] for _ in range(chance.below(_MOST_OTHERS + 1))}
    taken = {member: getattr(other, member) for member in sorted(names)}
    odd = (*taken.pop("odd", one.odd), *_odd(chance))
    tasks = min(one.tasks, _FEW_TASKS)
    taken["leases"] = min(taken.get("leases", one.leases), tasks)
    return replace(
        one,
        **taken,
        seed=other.seed,
        tasks=tasks,
        odd=tuple(dict.fromkeys(odd)),
        faults=_faults(one, other, chance),
    )


def _odd(chance: Chance) -> tuple[str, ...]:
    return (draw_odd(chance),) if chance.happens(500) else ()


def _faults(one: Scenario, other: Scenario, chance: Chance) -> tuple[Fault, ...]:
    """Its own, of which one has moved; or those of another."""
    if not one.faults or chance.happens(250):
        return other.faults
    at = chance.below(len(one.faults))
    fault = one.faults[at]
    if fault.kind in OPERATION:
        kind = OPERATION[chance.below(len(OPERATION))] if chance.happens(300) else fault.kind
        fault = Fault(kind, max(1, fault.at + chance.between(-_NEAR, _NEAR)), fault.request)
    return (*one.faults[:at], fault, *one.faults[at + 1 :])
