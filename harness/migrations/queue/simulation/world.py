"""The world of a simulation: one namespace, locations that see it in their own way, a Worker in each."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from harness import Call
from harness.engine.chance import Chance
from harness.engine.interleaving import Interleaving, following
from harness.engine.loop import LoopClock
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.worker import API_KEY
from harness.system.deployment import Code
from harness.system.transport import ANSWER_SECONDS, Unanswered
from harness.world.network import Network
from harness.world.site import WAY_MS, Site
from kvstore import Entry
from kvstore.conditions import COLOS, JUDGE
from kvstore.layers.trace import Trace
from kvstore.stores.table import table_of
from worker.durable import Objects
from worker.sdk.http.request import Request

# No request asks KV for more; where requests take turns, each waits for those of all the others.
_MOST_TURNS = 1000


# Called with every answer as it comes.
OnProgress = Callable[[Call], None]


class World(Site):
    """Everything that the people of a simulation share; `send` is what they can do to it.

    ``worker_code`` has the queue Worker. ``entries`` are in the namespace when time begins.
    """

    def __init__(
        self,
        scenario: Scenario,
        entries: Mapping[str, Entry],
        clock: LoopClock,
        worker_code: Code,
        trace: Trace | None = None,
    ) -> None:
        interleaving = (
            Interleaving(clock, following(scenario.order), scenario.pace) if scenario.at_once else None
        )
        # A walk goes through whatever somebody's namespace has; a search makes thousands of small ones.
        # Its keys are numbered in order, as listings will give them.
        table = table_of(entries) if scenario.walk else None
        network = Network(scenario, clock, interleaving=interleaving, trace=trace, table=table)
        super().__init__(scenario, clock, network)
        self.scenario: Scenario = scenario
        self.start = QueueState(entries if table is None else table)
        self.began = clock.now_ms()
        self.on_progress: OnProgress | None = None
        self._conditions = scenario.platform
        self.locations = {colo: self.network.location(colo) for colo in (*COLOS[: scenario.colos], JUDGE)}
        self._worker_code = worker_code
        self._coordinated = self._coordination()
        # A request may read every entry: it has a second for each.
        self._patience = (
            1000 * max(ANSWER_SECONDS, len(entries)) + _MOST_TURNS * len(scenario.at_once) * scenario.pace
        )
        clock.watch(self._look)

    def deploy(self, queue_format: str) -> None:
        """Put the Worker on, for a format."""
        own = self._worker_code.variables
        common = {**own, **self._variables(queue_format), **self._coordinated}
        if queue_format == "old":
            common["CLAIMS"] = ""
        self.put_on(
            queue_format,
            self._worker_code,
            self.locations,
            lambda colo: {"CACHE": self.locations[colo].namespace, **common},
        )

    def _variables(self, queue_format: str) -> dict[str, str]:
        conditions = self._conditions
        return {
            "QUEUE_FORMAT": queue_format,
            "QUEUE_API_KEY": API_KEY,
            # Empty is absent to the Worker, and found sooner than what is not there at all.
            "ADMIN_API_KEY": "",
            "CLAIMS": "",
            "MIGRATION": self.scenario.migration,
            "MIGRATION_VERIFY_AFTER": "0" if conditions.staleness is None else "60",
            "MIGRATION_BUDGET": str(min(900, conditions.allowance.operations or 900)),
        }

    def _objects(self, kind: str, bindings: Mapping[str, object]) -> Objects:
        """A class of Durable Objects: each object is one for all locations. Calls to it take time, and the
        turn of a request that is sent at once with others.
        """
        chance = Chance(self.scenario.seed, f"{kind}/way")

        async def carry(_: object, __: str, deliver: Callable[[], Awaitable[Any]]) -> Any:
            await self.clock.pause(chance.between(*WAY_MS))
            if self.network.interleaving is not None:
                await self.network.interleaving.wait(self.invocations.current().name, "call", kind)
            result = await deliver()
            await self.clock.pause(chance.between(*WAY_MS))
            return result

        return Objects(
            f"orchestrator-hub-{kind}",
            self._worker_code.durable_class(kind),
            bindings,
            clock=self.clock,
            entropy=Chance(self.scenario.seed, kind),
            carry=carry,
            around=lambda event: self._worker_code.at(0),
        )

    def _coordination(self) -> dict[str, object]:
        """What the Worker's formats that take a coordinator are deployed with."""
        if self.scenario.claims != "coordinator":
            return {}
        # As long as the old Worker may still give out tasks, of which the coordinator hears nothing, and then
        # as long as its leases may be unseen.
        settle = self.scenario.rollout + (0 if self._conditions.staleness is None else 90)
        return {
            "CLAIMS": "coordinator",
            "COORDINATOR": self._objects("TaskCoordinator", {"CLAIMS_SETTLE": str(settle)}).binding,
            "REQUESTS": self._objects("RequestCounter", {}).binding,
        }

    async def send(self, call: Call) -> Call:
        """Send a request and wait for its answer, or until there is no hope for one."""
        headers = [("x-api-key", API_KEY), ("cf-connecting-ip", call.actor)]
        content = b"" if call.body is None else json.dumps(call.body).encode()
        await self.answered(
            call, Request.from_parts(call.method, f"https://queue.example{call.path}", headers, content)
        )
        if self.on_progress is not None:
            self.on_progress(call)
        return call

    def _look(self, idle: bool) -> int:
        """When to look again whether somebody has waited too long; raises Unanswered if somebody has."""
        now = self.clock.now_ms()
        oldest = next((call for call in self.calls if call.answered < 0), None)
        if oldest is None:
            return now + self._patience
        if idle or now > oldest.sent + self._patience:
            waited = f"nothing came for {self._patience // 1000:,} seconds of simulated time"
            raise Unanswered(oldest.method, oldest.path, "it waits, or goes on, for ever" if idle else waited)
        return oldest.sent + self._patience
