"""The platform of a rehearsal: the layers between a Worker's binding and the copy of its namespace."""

from dataclasses import dataclass

from harness.conditions import Conditions
from kvstore import Clock, Journal, KVNamespace, ManualClock, SeededEntropy, SqliteStore, Store, SystemClock
from kvstore.edge import Edge, Origin
from kvstore.faults import Faults
from kvstore.invocation import Invocations
from kvstore.journal import WriteJournal
from kvstore.quotas import Quotas
from kvstore.transit import Transit, Trip

COLO = "AMS"


@dataclass
class Layers:
    """The deployment of one namespace, top to bottom, as `compose` puts it together.

    ``asked`` records what the Worker asked, ``done`` the writes that reached the store. ``faults`` can be
    armed.
    """

    namespace: KVNamespace
    asked: Journal
    done: Journal
    faults: Faults
    invocations: Invocations


def compose(store: SqliteStore, conditions: Conditions, seed: int) -> Layers:
    """KVNamespace, Journal, Transit, Quotas, Faults, Edge, Journal, store.

    The last Journal is the judge's: it sees what was written, whatever the Worker was told.
    """
    invocations, trip = Invocations(conditions.allowance.connections), Trip(conditions.latency_ms)
    done = WriteJournal(store, invocations)
    seen: Store = done
    if conditions.staleness is not None:
        seen = Edge(Origin(done), COLO, conditions.staleness, SeededEntropy(seed))
    faults = Faults(seen)
    limited = Quotas(faults, conditions.allowance, invocations)
    asked = Journal(Transit(limited, lambda *_: trip, invocations), invocations)
    return Layers(KVNamespace(asked), asked, done, faults, invocations)


def clock_of(conditions: Conditions) -> Clock:
    """The rehearsal's clock: the machine's, or a simulated one that starts at the same moment."""
    machine = SystemClock()
    return ManualClock(machine.now_ms()) if conditions.simulated else machine
