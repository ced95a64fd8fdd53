"""The platform: one namespace, and the layers between it and each location where a Worker runs."""

from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass
from typing import Final

from kvstore.binding.namespace import KVNamespace
from kvstore.conditions import Conditions
from kvstore.entropy import Entropy
from kvstore.layers.edge import Edge, Origin
from kvstore.layers.instant import Held, InstantLimits, Replica
from kvstore.layers.interleaving import Interleaving, TakingTurns
from kvstore.layers.invocation import Invocations
from kvstore.layers.journal import Event, Journal, WriteJournal
from kvstore.layers.paging import Paging
from kvstore.layers.quotas import DAY_MS, Ledger, Quotas
from kvstore.layers.trace import Trace
from kvstore.layers.transit import Plan, Transit
from kvstore.limits import LIMITS
from kvstore.store import Store

COLO: Final = "AMS"  # where everybody is when there is one location

# Makes what a Worker has of a store.
Binding = Callable[[Store], KVNamespace]


@dataclass(frozen=True)
class Location:
    """What a Worker has in one location: ``namespace`` is its binding, ``transit`` the way from there."""

    namespace: KVNamespace
    transit: Transit


class Layers:
    """One namespace in ``store`` under ``conditions``.

    ``asked`` records what Workers asked and got, ``done`` what was written, whatever they got;
    with ``names`` also the keys that were found by those that look for many. ``ledger`` counts the day's
    operations, beginning with what is ``spent`` already, by method. A page of a listing has ``page`` keys,
    with ``empty`` none if it is the first. ``interleaving`` decides in what order requests that are sent at
    once go on. ``trace`` gets every operation, as it is asked and as it is seen.
    ``invocations`` names the invocation that asks. ``log`` makes the lists that records are kept in.

    Several namespaces of one deployment, each with a ``name``, count and record together: all of them stand
    ``beside`` the first.
    """

    def __init__(
        self,
        store: Store,
        conditions: Conditions,
        *,
        names: bool = False,
        spent: Mapping[str, int] | None = None,
        page: int = LIMITS.list_keys,
        empty: bool = False,
        interleaving: Interleaving | None = None,
        name: str = "",
        invocations: Invocations | None = None,
        beside: "Layers | None" = None,
        trace: Trace | None = None,
        log: Callable[[], MutableSequence[Event]] = list,
    ) -> None:
        allowance = conditions.allowance
        self.invocations: Invocations
        self.asked: MutableSequence[Event]
        self.ledger: Ledger
        if beside is None:
            self.invocations = invocations or Invocations(allowance.connections, allowance.operations)
            self.asked, events = log(), log()
            self.ledger = Ledger(store.clock.now_ms() // DAY_MS, dict(spent or {}))
        else:
            self.invocations, self.asked, self.ledger = beside.invocations, beside.asked, beside.ledger
            events = beside.done.events
        self.done: WriteJournal = WriteJournal(store, self.invocations, events, namespace=name)
        self._name = name
        self._conditions = conditions
        staleness, instant = conditions.staleness, conditions.instant
        lag_ms = 0 if staleness is None else 1000 * staleness.list_lag
        self._origin = Origin(self.done, lag_ms if instant is None else instant.longest_ms)
        self._held = None if instant is None else Held(store, instant)
        self._names = names
        self._page = page
        self._empty = empty
        self._interleaving = interleaving
        self._trace = trace

    def location(self, colo: str, plan: Plan, entropy: Entropy, binding: Binding = KVNamespace) -> Location:
        """``binding``, Journal, Transit, TakingTurns, Quotas, Paging, Edge, Journal, store.

        ``plan`` says how operations travel, and which fault happens to which of them. Where everybody sees
        everything at once there is no Edge, and no turns are taken where nothing is sent at once.
        """
        conditions, seen = self._conditions, self._origin.store
        if conditions.staleness is not None:
            seen = Edge(self._origin, colo, conditions.staleness, entropy)
        if conditions.instant is not None:
            seen = Replica(self._origin, colo, conditions.instant, entropy)
        if self._trace is not None:
            seen = self._trace.where_seen(seen, colo, self._name)
        if conditions.instant is None and (self._page < LIMITS.list_keys or self._empty):
            seen = Paging(seen, self._page, self._empty)
        seen = Quotas(seen, conditions.allowance, self.ledger, self._name)
        if conditions.instant is not None and self._held is not None:
            seen = InstantLimits(seen, conditions.instant, self._held)
        if self._interleaving is not None:
            seen = TakingTurns(seen, self._interleaving, self.invocations)
        transit = Transit(seen, plan, self.invocations)
        asked: Store = Journal(transit, self.invocations, self.asked, names=self._names, namespace=self._name)
        if self._trace is not None:
            asked = self._trace.where_asked(asked, colo, self._name, self.invocations)
        return Location(binding(asked), transit)

    def forget(self) -> None:
        """What was recorded, and what no location lists any more: for who goes on for days."""
        self.asked.clear()
        self.done.events.clear()
        self._origin.forget()
