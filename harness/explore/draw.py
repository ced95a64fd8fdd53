"""Draws scenarios of a declared migration: small namespaces, odd entries, people, faults where they can
strike, orders.

Every run leaves out most of what could be there, so that rare things meet; what met something new is varied
further.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from harness.engine.chance import Chance
from harness.engine.interruption import Interruption
from harness.engine.meeting import Deed, Meeting
from harness.engine.order import LAST, Deviation
from harness.migration import Migration
from harness.model.record import Call, Record
from harness.model.scenario import ROLLBACKS, Scenario
from kvstore.faults import OPERATION, Fault

# How often a feature is there, of a thousand.
_THERE: Final = 400
# Among what was kept, so many of the latest are varied.
_LATEST: Final = 60
# Operations that a client's or reader's request may have, where nobody has counted them.
_FEW_OPERATIONS: Final = 5


@dataclass(frozen=True)
class Places:
    """Where something can go wrong: the requests that a plain run makes, with their KV operations."""

    requests: Sequence[tuple[str, int]]

    @cached_property
    def operations(self) -> Sequence[tuple[str, int]]:
        """Every operation of every request, by its request and number."""
        return [(name, at) for name, count in self.requests for at in range(1, count + 1)]


def places_in(calls: Iterable[Call]) -> Places:
    """The places in requests."""
    return Places([(call.name, call.operations) for call in calls])


def places_of(record: Record, role: str = "operator") -> Places:
    """The places in the requests of those with a role."""
    return places_in(call for call in record.calls if call.role == role)


@dataclass(frozen=True)
class Declared:
    """What scenarios are drawn from of what a migration declares: the acts of ``clients`` and ``readers`` by
    name, and whether there is a ``database`` or a ``rollback``. Unlike a migration it can be sent to another
    process as it is.
    """

    clients: Sequence[str]
    readers: Sequence[str]
    database: bool
    rollback: bool

    @classmethod
    def of(cls, migration: Migration) -> "Declared":
        clients, readers = ([one.name for one in rules] for rules in (migration.clients, migration.readers))
        return cls(clients, readers, bool(migration.database), migration.way_back is not None)


@dataclass(frozen=True)
class Drawing:
    """Draws what ``base`` says of the conditions, and the rest by chance.

    ``places`` are those of the operator, ``back`` those of the way back after the end, ``others`` those of
    clients and readers; ``oddities`` the kinds of odd entries that there can be; ``budgets`` how many
    operations a request may have where listings have so many keys, which takes as much of it as the whole
    namespace takes of the real one.
    """

    base: Scenario
    declared: Declared
    places: Places
    back: Places
    others: Places
    oddities: Sequence[str]
    budgets: Mapping[int, int]

    def fresh(self, seed: int) -> Scenario:
        """A scenario by chance alone."""
        chance = Chance(seed, "scenario")
        drawn = replace(
            self.base, seed=seed, entries=Scenario.draw("entries", chance), colos=1 + chance.below(3)
        )
        for feature in self._features:
            if chance.happens(_THERE):
                drawn = feature(drawn, chance)
        return drawn

    def varied(self, seed: int, kept: Sequence[Scenario]) -> Scenario:
        """One of those that met something new, with a few changes."""
        chance, latest = Chance(seed, "variation"), kept[-_LATEST:]
        drawn = latest[chance.below(len(latest))]
        if chance.happens(500):
            drawn = replace(drawn, seed=seed)
        for _ in range(1 + chance.below(3)):
            drawn = self._features[chance.below(len(self._features))](drawn, chance)
        return drawn

    @cached_property
    def _acts(self) -> Sequence[str]:
        return [*self.declared.clients, *self.declared.readers]

    @cached_property
    def _features(self) -> Sequence[Callable[[Scenario, Chance], Scenario]]:
        """What can be there: each is added, or drawn again."""
        is_limited = self.base.platform.allowance.writes_per_day is not None
        there = {
            self._odd: bool(self.oddities),
            self._page: True,
            self._skew: True,
            self._rollout: True,
            self._lag: self.declared.database,
            self._readers: bool(self.declared.readers),
            self._clients: bool(self.declared.clients),
            self._rollback: self.declared.rollback,
            self._fault: bool(self.places.operations or self.others.operations),
            self._second_fault: bool(self.places.operations or self.others.operations),
            self._interrupt: bool(self._acts and self.places.operations),
            self._meeting: bool(self._acts and self.places.requests),
            self._order: bool(self.places.operations),
            self._spent: is_limited,
            self._refused: self.base.write_rate == "lost",
        }
        return [feature for feature, is_there in there.items() if is_there]

    def _odd(self, drawn: Scenario, chance: Chance) -> Scenario:
        odd = tuple(kind for kind in self.oddities if chance.happens(200))
        return replace(drawn, odd=odd or (self.oddities[chance.below(len(self.oddities))],))

    def _page(self, drawn: Scenario, chance: Chance) -> Scenario:
        page = Scenario.draw("page", chance)
        budget = self.budgets.get(page, 0) if not drawn.faults and chance.happens(300) else 0
        return replace(drawn, page=page, budget=budget)

    def _skew(self, drawn: Scenario, chance: Chance) -> Scenario:
        return replace(drawn, skew=Scenario.draw("skew", chance))

    def _rollout(self, drawn: Scenario, chance: Chance) -> Scenario:
        return replace(drawn, rollout=Scenario.draw("rollout", chance))

    def _lag(self, drawn: Scenario, chance: Chance) -> Scenario:
        return replace(drawn, lag=Scenario.draw("lag", chance))

    def _readers(self, drawn: Scenario, chance: Chance) -> Scenario:
        return replace(drawn, readers=1 + chance.below(2))

    def _clients(self, drawn: Scenario, chance: Chance) -> Scenario:
        return replace(drawn, clients=1 + chance.below(2), rounds=1 + chance.below(3))

    def _rollback(self, drawn: Scenario, chance: Chance) -> Scenario:
        return replace(drawn, rollback=ROLLBACKS[1 + chance.below(len(ROLLBACKS) - 1)])

    def _spent(self, drawn: Scenario, chance: Chance) -> Scenario:
        """The quota of the day ends in the midst of it."""
        left = (1, 3, 6, 12, 25)[chance.below(5)]
        return replace(drawn, spent=(self.base.platform.allowance.writes_per_day or left) - left)

    def _refused(self, drawn: Scenario, chance: Chance) -> Scenario:
        """Where writes that come too soon may be lost they may be refused, too."""
        return replace(drawn, write_rate="refused")

    def _fault(self, drawn: Scenario, chance: Chance) -> Scenario:
        request, operation = self._place(drawn, chance)
        if chance.happens(120):
            fault = Fault("dropped", 0, request)
        else:
            # One kind after the other: among a hundred runs each has its turn.
            kind = OPERATION[(drawn.seed + len(drawn.faults)) % len(OPERATION)]
            fault = Fault(kind, operation, request)
        return replace(drawn, faults=tuple(dict.fromkeys((*drawn.faults, fault))), budget=0)

    def _second_fault(self, drawn: Scenario, chance: Chance) -> Scenario:
        return self._fault(drawn, chance) if drawn.faults and chance.happens(600) else drawn

    def _interrupt(self, drawn: Scenario, chance: Chance) -> Scenario:
        deed = Deed(self._acts[chance.below(len(self._acts))], chance.below(6))
        one = Interruption(deed, *self._place(drawn, chance))
        return replace(drawn, interrupt=tuple(dict.fromkeys((*drawn.interrupt, one))))

    def _meeting(self, drawn: Scenario, chance: Chance) -> Scenario:
        which = chance.below(6)
        deeds = tuple(
            Deed(self._acts[chance.below(len(self._acts))], which) for _ in range(1 + chance.below(2))
        )
        request, _ = self.places.requests[chance.below(len(self.places.requests))]
        others = (one for one in drawn.at_once if one.request != request)
        return replace(drawn, at_once=(*others, Meeting(deeds, request)))

    def _order(self, drawn: Scenario, chance: Chance) -> Scenario:
        """Each request has a priority, by when it came; at a few operations one falls behind all others."""
        found = list(drawn.order)
        for _ in range(1 + chance.below(3)):
            behind = (1, 2, 3, 5, 8, LAST, LAST)[chance.below(7)]
            found.append(Deviation(*self._place(drawn, chance), behind))
        return replace(drawn, order=tuple({(one.request, one.operation): one for one in found}.values()))

    def _place(self, drawn: Scenario, chance: Chance) -> tuple[str, int]:
        """An operation of somebody's request: mostly of the operator, or of who meets somebody."""
        if drawn.at_once and chance.happens(500):
            meeting = drawn.at_once[chance.below(len(drawn.at_once))]
            place = chance.below(len(meeting.deeds))
            return f"{meeting.deeds[place].act}-{place + 1}.1", 1 + chance.below(_FEW_OPERATIONS)
        is_other = self.others.operations and (not self.places.operations or chance.happens(250))
        if is_other:
            return self.others.operations[chance.below(len(self.others.operations))]
        places = self.places.operations
        if drawn.rollback in ("after", "late") and self.back.operations and chance.happens(500):
            places = self.back.operations
        request, operation = places[chance.below(len(places))]
        # With fewer entries a request has as many operations fewer.
        few, all_of_them = min(drawn.entries, self.base.entries), self.base.entries
        return request, -(-operation * few // all_of_them)
