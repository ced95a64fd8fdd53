"""The network of a simulation: the layers between each location's binding and the one namespace."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from harness.simulation.chance import Chance, Once
from harness.simulation.clock import LoopClock
from harness.simulation.mishap import PlannedMishap
from harness.simulation.scenario import COLOS, Scenario
from harness.simulation.turns import TakingTurns, Turns, following
from kvstore import LIMITS, Entry, Event, Journal, KVNamespace, Store
from kvstore.edge import Edge, Origin
from kvstore.invocation import Invocations
from kvstore.journal import WriteJournal
from kvstore.memory_store import MemoryStore
from kvstore.paging import Paging
from kvstore.quotas import DAY_MS, Ledger, Quotas
from kvstore.store import Verb
from kvstore.transit import MISHAPS, Mishap, Transit, Trip

# How long an operation travels, one way: nearly always, sometimes, and rarely. The least, in milliseconds,
# and how many there are from there.
_USUAL, _SOMETIMES, _RARELY = (2, 14), (15, 236), (250, 2751)


@cache
def _trip(milliseconds: int, kind: Mishap | None) -> Trip:
    """One of a few thousand: they are the same for all operations."""
    return Trip(milliseconds, 0, kind)


@dataclass(frozen=True)
class Location:
    """What the Worker has in one location; ``skew`` is how far its clock is ahead, in milliseconds."""

    namespace: KVNamespace
    skew: int


class Network:
    """One namespace, and what the scenario puts between it and the locations.

    ``asked`` records what Workers asked and were told, ``done`` what was carried out; ``fired`` are the
    mishaps that happened, ``ledger`` counts the day's operations. Requests that are sent at once take
    ``turns``; then nothing takes time on its way.
    """

    def __init__(self, scenario: Scenario, clock: LoopClock) -> None:
        self.scenario = scenario
        self._conditions = scenario.platform
        self._far = self._conditions.simulated
        self.invocations = Invocations(self._conditions.allowance.connections)
        self.store = MemoryStore(clock)
        self.done = WriteJournal(self.store, self.invocations)
        self.asked: list[Event] = []
        self.fired: list[str] = []
        self.turns = Turns(clock, following(scenario.order), scenario.pace) if scenario.at_once else None
        self._origin = Origin(self.done)
        self.ledger = Ledger(
            clock.now_ms() // DAY_MS, dict.fromkeys(("put", "delete", "list"), scenario.spent)
        )
        self._trips = Once(scenario.seed, "trip/")
        # By request, and by its operation; 0 stands for the request as a whole.
        self._mishaps: dict[str, dict[int, PlannedMishap]] = {}
        for one in scenario.mishaps:
            self._mishaps.setdefault(one.request, {})[one.operation] = one

    async def fill(self, entries: Mapping[str, Entry]) -> None:
        """Put ``entries`` where everybody has seen them for long."""
        await self.store.put_many(entries)

    def location(self, colo: str) -> Location:
        """KVNamespace, Journal, Transit, TakingTurns, Quotas, Paging, Edge, Journal, store."""
        conditions = self._conditions
        place = COLOS.index(colo) if colo in COLOS else 0
        seen: Store = self.done
        if conditions.staleness is not None:
            seen = Edge(self._origin, colo, conditions.staleness, Chance(self.scenario.seed, f"edge/{colo}"))
        if self.scenario.page < LIMITS.list_keys:
            seen = Paging(seen, self.scenario.page)
        limited: Store = Quotas(seen, conditions.allowance, self.invocations, self.ledger)
        if self.turns is not None:
            limited = TakingTurns(limited, self.turns, self.invocations)
        travelling = Transit(limited, self._trip, self.invocations)
        asked = Journal(travelling, self.invocations, self.asked, names=True)
        return Location(KVNamespace(asked), self.scenario.skew * place)

    def _trip(self, invocation: str, ordinal: int, verb: Verb, key: str) -> Trip:
        planned = self._mishaps.get(invocation)
        kind = None if planned is None else self._mishap(planned.get(ordinal))
        if self.turns is not None:
            return Trip(mishap=kind)
        number, usual = divmod(self._trips.number(f"{invocation}/{ordinal}"), 100)
        least, ways = _USUAL if usual < 80 or not self._far else _SOMETIMES if usual < 97 else _RARELY
        # The way back is part of the next operation's way there: nobody could tell the difference.
        return _trip(least + number % ways, kind)

    def _mishap(self, mishap: PlannedMishap | None) -> Mishap | None:
        """What happens to the operation that ``mishap`` is planned for; it is noted."""
        if mishap is None:
            return None
        kind = next((one for one in MISHAPS if one == mishap.kind), None)
        if kind is not None:
            self._fire(mishap)
        return kind

    def befalls(self, kind: str, request: str) -> bool:
        """Whether a mishap of a request as a whole happens to ``request``."""
        mishap = self._mishaps[request].get(0) if request in self._mishaps else None
        if mishap is None or mishap.kind != kind:
            return False
        self._fire(mishap)
        return True

    def _fire(self, mishap: PlannedMishap) -> None:
        if str(mishap) not in self.fired:
            self.fired.append(str(mishap))
