"""The network of a simulation: its layers, how long operations travel, and the faults that are planned."""

from collections.abc import Mapping
from functools import cache, partial

from harness.engine.chance import Chance, Once
from harness.engine.interleaving import Interleaving
from harness.engine.loop import LoopClock
from harness.model.circumstances import Circumstances
from harness.model.log import Log
from kvstore import Entry, KVNamespace
from kvstore.conditions import COLOS
from kvstore.faults import FAULTS, Fault, FaultKind
from kvstore.layers.trace import Trace
from kvstore.layers.transit import Trip
from kvstore.platform import Binding, Layers, Location
from kvstore.stores.memory import MemoryStore, TableStore
from kvstore.stores.table import Table

# How long an operation travels, one way: nearly always, sometimes, and rarely. The least, in milliseconds,
# and how many there are from there.
_USUAL, _SOMETIMES, _RARELY = (2, 14), (15, 236), (250, 2751)


@cache
def _trip(milliseconds: int, fault: FaultKind | None) -> Trip:
    """One of a few thousand: they are the same for all operations."""
    return Trip(milliseconds, 0, fault)


def _spent(scenario: Circumstances) -> dict[str, int]:
    """What of the day is used up when it begins: as many rows of D1 are left as there are writes of KV."""
    found = dict.fromkeys(("put", "delete", "list"), scenario.spent)
    allowance = scenario.platform.allowance
    if scenario.spent and allowance.writes_per_day and allowance.rows_written_per_day:
        left = max(0, allowance.writes_per_day - scenario.spent)
        found["rows_written"] = allowance.rows_written_per_day - left
    return found


class Network:
    """One namespace, ``name``, and what the scenario puts between it and the locations.

    Several of one deployment stand ``beside`` the first: they count and record together.
    ``fired`` are the faults that happened. In what order requests that are sent at once go on is the
    ``interleaving``'s; then nothing takes time on its way. ``trace`` gets every operation. One that
    ``is_classic`` is of classic KV, also where others are KV Instant.
    With a ``table`` the record is kept in columns, and entries and keys as the table keeps them.
    """

    def __init__(
        self,
        scenario: Circumstances,
        clock: LoopClock,
        name: str = "",
        beside: "Network | None" = None,
        interleaving: Interleaving | None = None,
        trace: Trace | None = None,
        *,
        is_classic: bool = False,
        table: Table | None = None,
    ) -> None:
        self.scenario = scenario
        conditions = scenario.platform.classic if is_classic else scenario.platform
        self._far = conditions.simulated
        self.store = MemoryStore(clock) if table is None else TableStore(clock, table)
        self.interleaving = interleaving
        self.layers: Layers = Layers(
            self.store,
            conditions,
            names=True,
            spent=_spent(scenario),
            page=scenario.page,
            empty=bool(getattr(scenario, "empty", 0)),
            interleaving=self.interleaving,
            name=name,
            beside=None if beside is None else beside.layers,
            trace=trace,
            log=list if table is None else partial(Log, table),
        )
        self.fired: list[str] = [] if beside is None else beside.fired
        self._trips = Once(scenario.seed, "trip/")
        # By request, and by its operation; 0 stands for the request as a whole.
        self._planned: dict[str, dict[int, Fault]] = {}
        for fault in scenario.faults:
            self._planned.setdefault(fault.request, {})[fault.at] = fault

    async def fill(self, entries: Mapping[str, Entry]) -> None:
        """Put ``entries`` where everybody has seen them for long."""
        await self.store.put_many(entries)

    def location(self, colo: str, binding: Binding = KVNamespace) -> Location:
        """What the Worker has in one location."""
        chance = Chance(self.scenario.seed, f"edge/{colo}")
        return self.layers.location(colo, self.travel, chance, binding)

    def skew(self, colo: str) -> int:
        """How far a location's clock is ahead, in milliseconds."""
        return self.scenario.skew * (COLOS.index(colo) if colo in COLOS else 0)

    def travel(self, invocation: str, ordinal: int, verb: str, key: str) -> Trip:
        """How an operation of an invocation travels, of KV or of D1; the plan of every way from here."""
        planned = self._planned.get(invocation)
        fault = None if planned is None or ordinal not in planned else self._fire(planned[ordinal])
        if self.interleaving is not None:
            return Trip(fault=fault)
        number, usual = divmod(self._trips.number(f"{invocation}/{ordinal}"), 100)
        least, ways = _USUAL if usual < 80 or not self._far else _SOMETIMES if usual < 97 else _RARELY
        # The way back is part of the next operation's way there: nobody could tell the difference.
        return _trip(least + number % ways, fault)

    def befalls(self, kind: str, request: str) -> bool:
        """Whether a fault of a request as a whole happens to ``request``."""
        fault = self._planned[request].get(0) if request in self._planned else None
        if fault is None or fault.kind != kind:
            return False
        self._fire(fault)
        return True

    def _fire(self, fault: Fault) -> FaultKind:
        """What the fault that happens does; it is noted."""
        if str(fault) not in self.fired:
            self.fired.append(str(fault))
        return FAULTS[fault.kind]
