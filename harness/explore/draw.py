"""Draws scenarios of a declared migration: small namespaces, odd entries, people, faults where they can
strike.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.engine.interruption import Interruption
from harness.engine.meeting import Deed
from harness.migration import Migration
from harness.model.record import Record
from harness.model.scenario import ROLLBACKS, Scenario
from harness.parameters import parameters
from harness.simulation.chance import Chance
from kvstore.faults import OPERATION, Fault


@dataclass(frozen=True)
class Places:
    """Where something can go wrong: the requests that a plain run makes, with their KV operations."""

    requests: Sequence[tuple[str, int]]

    @property
    def operations(self) -> Sequence[tuple[str, int]]:
        """Every operation of every request, by its request and number."""
        return [(name, at) for name, count in self.requests for at in range(1, count + 1)]


def places_of(record: Record, role: str = "operator") -> Places:
    """The places in the requests of those with a role."""
    return Places([(call.name, call.operations) for call in record.calls if call.role == role])


def draw(
    seed: int, base: Scenario, migration: Migration, places: Places, others: Places, oddities: Sequence[str]
) -> Scenario:
    """A scenario by chance: what ``base`` says of the conditions, the rest by ``seed``."""
    chance, own = Chance(seed, "scenario"), parameters(Scenario)
    rollback = "never"
    if migration.way_back is not None and chance.happens(300):
        rollback = ROLLBACKS[1 + chance.below(len(ROLLBACKS) - 1)]
    return replace(
        base,
        seed=seed,
        entries=own["entries"].draw(chance),
        odd=tuple(kind for kind in oddities if chance.happens(100)),
        page=own["page"].draw(chance),
        colos=1 + chance.below(3),
        skew=own["skew"].draw(chance),
        readers=chance.below(3) if migration.readers else 0,
        clients=chance.below(3) if migration.clients else 0,
        rounds=1 + chance.below(3),
        rollout=own["rollout"].draw(chance),
        rollback=rollback,
        faults=_faults(chance, places, others),
        interrupt=_interrupt(chance, migration, places),
    )


def _faults(chance: Chance, places: Places, others: Places) -> tuple[Fault, ...]:
    if chance.happens(450):
        return ()
    found = []
    for _ in range(1 + chance.below(2)):
        where = others.operations if others.operations and chance.happens(250) else places.operations
        if not where:
            continue
        request, operation = where[chance.below(len(where))]
        if chance.happens(120):
            found.append(Fault("dropped", 0, request))
        else:
            found.append(Fault(OPERATION[chance.below(len(OPERATION))], operation, request))
    return tuple(dict.fromkeys(found))


def _interrupt(chance: Chance, migration: Migration, places: Places) -> tuple[Interruption, ...]:
    acts = [rule.name for rule in (*migration.clients, *migration.readers)]
    if not acts or not places.operations or not chance.happens(300):
        return ()
    request, operation = places.operations[chance.below(len(places.operations))]
    return (Interruption(Deed(acts[chance.below(len(acts))], chance.below(6)), request, operation),)
