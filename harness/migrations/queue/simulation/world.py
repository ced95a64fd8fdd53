"""The world of a simulation: one namespace, locations that see it in their own way, a Worker in each."""

import json
from collections.abc import Mapping
from typing import Any

from harness.conditions import COLOS, JUDGE
from harness.engine.chance import Chance
from harness.engine.clock import LoopClock
from harness.engine.interleaving import Turns, following
from harness.engine.network import Network
from harness.migrations.queue.simulation.record import Call
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.client import API_KEY
from harness.system.code import WorkerCode
from harness.transport import ANSWER_SECONDS, BrokenOff, Unanswered, deliver
from harness.under_way import asking
from kvstore import Entry, Event
from kvstore.faults import InvocationCrashed
from worker.durable import Objects
from worker.runtime import Worker
from worker.runtime.background import WAIT_UNTIL_SECONDS
from worker.sdk.request import Request

# What a request takes between a client and its location, one way, in milliseconds.
_WAY_MS = (1, 20)
# No request asks KV for more; where requests take turns, each waits for those of all the others.
_MOST_TURNS = 1000


class World:
    """Everything that the people of a simulation share; `send` is what they can do to it.

    ``backstage`` has the queue Worker. ``entries`` are in the namespace when time begins.
    """

    def __init__(
        self, scenario: Scenario, entries: Mapping[str, Entry], clock: LoopClock, backstage: WorkerCode
    ) -> None:
        self.scenario = scenario
        self.clock = clock
        self.start = QueueState(dict(entries))
        turns = Turns(clock, following(scenario.order), scenario.pace) if scenario.at_once else None
        self.network = Network(scenario, clock, turns=turns)
        self._conditions = scenario.platform
        self.locations = {colo: self.network.location(colo) for colo in (*COLOS[: scenario.colos], JUDGE)}
        # Every put and delete that was carried out, as it happened.
        self.writes: list[Event] = self.network.layers.done.events
        self.calls: list[Call] = []
        self.deployed: list[tuple[int, str]] = []
        self._backstage = backstage
        self._workers: dict[str, list[tuple[int, str, Worker]]] = {}
        self._coordinated = self._coordination()
        self._patience = 1000 * ANSWER_SECONDS + _MOST_TURNS * len(scenario.at_once) * scenario.pace
        clock.watch(self._look)

    def deploy(self, queue_format: str) -> None:
        """Put the Worker on; requests on their way are answered by the one before.

        It is in the first location at once, and in the others when it has been rolled out.
        """
        now = self.clock.now_ms()
        self.deployed.append((now, queue_format))
        variables = self._variables(queue_format)
        for place, (colo, location) in enumerate(self.locations.items()):
            bindings = {"CACHE": location.namespace, **variables, **self._coordinated}
            if queue_format == "old":
                bindings["CLAIMS"] = ""
            worker = self._backstage.code.with_bindings(bindings)
            takes = self._rollout(colo) if place and len(self.deployed) > 1 else 0
            self._workers.setdefault(colo, []).append((now + takes, queue_format, worker))

    def _rollout(self, colo: str) -> int:
        """How many milliseconds it takes until a location has what was deployed last."""
        chance = Chance(self.scenario.seed, f"rollout/{colo}/{len(self.deployed)}")
        return chance.below(1000 * self.scenario.rollout + 1)

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
        """A class of Durable Objects: each object is one for all locations, and calls to it take time."""
        chance = Chance(self.scenario.seed, f"{kind}/way")

        async def travel(way: str) -> None:
            await self.clock.pause(chance.between(*_WAY_MS))

        return Objects(
            f"orchestrator-hub-{kind}",
            self._backstage.durable_class(kind),
            bindings,
            clock=self.clock,
            entropy=Chance(self.scenario.seed, kind),
            latency=travel,
            around=lambda event: self._backstage.at(0),
        )

    def _coordination(self) -> dict[str, object]:
        """What the Worker's formats that take a coordinator are deployed with."""
        if self.scenario.claims != "coordinator":
            return {}
        settle = "0" if self._conditions.staleness is None else "90"
        return {
            "CLAIMS": "coordinator",
            "COORDINATOR": self._objects("TaskCoordinator", {"CLAIMS_SETTLE": settle}).binding,
            "REQUESTS": self._objects("RequestCounter", {}).binding,
        }

    async def send(self, call: Call) -> Call:
        """Send a request and wait for its answer, or until there is no hope for one."""
        self.calls.append(call)
        chance = Chance(self.scenario.seed, f"way/{call.name}")
        await self.clock.pause(chance.between(*_WAY_MS))
        answer = await self._answer(call)
        await self.clock.pause(chance.between(*_WAY_MS))
        call.answered, call.last = self.clock.now_ms(), len(self.writes)
        if answer is not None and not self.network.befalls("dropped", call.name):
            call.status, call.answer = answer
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

    def _deployed_in(self, call: Call) -> Worker:
        """The Worker that answers in a call's location; the call notes its format."""
        now = self.clock.now_ms()
        arrived = [one for one in self._workers[call.colo] if one[0] <= now]
        _, call.queue_format, worker = arrived[-1]
        return worker

    async def _answer(self, call: Call) -> tuple[int | None, Any] | None:
        """The Worker's answer, its status and its body; None when its invocation was cut off.

        One that breaks off has no status, and says why.
        """
        worker = self._deployed_in(call)
        request = Request.from_parts(
            call.method,
            f"https://queue.example{call.path}",
            [("x-api-key", API_KEY), ("cf-connecting-ip", call.actor)],
            b"" if call.body is None else json.dumps(call.body).encode(),
        )
        skew = self._backstage.skew
        before = skew.set(self.network.skew(call.colo))
        asked = asking(f"{call.method} {call.path} of {call.name}")
        with asked, self.network.layers.invocations.start(call.name) as invocation:
            try:
                answer = await deliver(worker, request)
                cut_off = self.network.befalls("background", call.name)
                await worker.background.drain(0 if cut_off else WAIT_UNTIL_SECONDS)
            except InvocationCrashed:
                return None
            except BrokenOff as error:
                return None, str(error)
            finally:
                skew.reset(before)
                call.operations = invocation.operations
        return answer.status, answer.body
