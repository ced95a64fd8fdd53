"""The world of a simulation: one namespace, locations that see it in their own way, a Worker in each."""

import json
from collections.abc import Mapping

from harness.client import API_KEY, Answer, read_body
from harness.queue_state import QueueState
from harness.simulation.backstage import Backstage
from harness.simulation.chance import Chance
from harness.simulation.clock import LoopClock
from harness.simulation.network import Network
from harness.simulation.record import Call
from harness.simulation.scenario import COLOS, JUDGE, Scenario
from kvstore import Entry, Event
from kvstore.faults import InvocationCrashed
from worker.runtime import Worker
from worker.sdk.request import Request

# What a request takes between a client and its location, one way, in milliseconds.
_WAY_MS = (1, 20)


class World:
    """Everything that the people of a simulation share; `send` is what they can do to it.

    ``backstage`` has the queue Worker. ``entries`` are in the namespace when time begins.
    """

    def __init__(
        self, scenario: Scenario, entries: Mapping[str, Entry], clock: LoopClock, backstage: Backstage
    ) -> None:
        self.scenario = scenario
        self.clock = clock
        self.start = QueueState(dict(entries))
        self.network = Network(scenario, clock)
        self.locations = {colo: self.network.location(colo) for colo in (*COLOS[: scenario.colos], JUDGE)}
        self.calls: list[Call] = []
        self.deployed: list[tuple[int, str]] = []
        self._backstage = backstage
        self._workers: dict[str, Worker] = {}

    @property
    def writes(self) -> list[Event]:
        """Every put and delete that was carried out, as it happened."""
        return self.network.done.events

    def deploy(self, queue_format: str) -> None:
        """Put the Worker on, everywhere at once; requests on their way are answered by the one before."""
        self.deployed.append((self.clock.now_ms(), queue_format))
        variables = self._variables(queue_format)
        for colo, location in self.locations.items():
            bindings = {"CACHE": location.namespace, **variables}
            self._workers[colo] = self._backstage.code.with_bindings(bindings)

    def _variables(self, queue_format: str) -> dict[str, str]:
        conditions = self.scenario.platform
        return {
            "QUEUE_FORMAT": queue_format,
            "QUEUE_API_KEY": API_KEY,
            "MIGRATION": self.scenario.migration,
            "MIGRATION_VERIFY_AFTER": "0" if conditions.staleness is None else "60",
            "MIGRATION_BUDGET": str(min(900, conditions.allowance.operations or 900)),
        }

    async def send(self, call: Call) -> Call:
        """Send a request and wait for its answer, or until there is no hope for one."""
        self.calls.append(call)
        chance = Chance(self.scenario.seed, f"way/{call.name}")
        await self.clock.sleep(chance.between(*_WAY_MS) / 1000)
        answer = await self._answer(call)
        await self.clock.sleep(chance.between(*_WAY_MS) / 1000)
        call.answered, call.last = self.clock.now_ms(), len(self.writes)
        if answer is not None and not self.network.befalls("dropped", call.name):
            call.status, call.answer = answer.status, answer.body
        return call

    async def _answer(self, call: Call) -> Answer | None:
        """The Worker's answer; None when its invocation was cut off."""
        worker = self._workers[call.colo]
        call.queue_format = self.deployed[-1][1]
        request = Request.from_parts(
            call.method,
            f"https://queue.example{call.path}",
            [("x-api-key", API_KEY), ("cf-connecting-ip", call.actor)],
            b"" if call.body is None else json.dumps(call.body).encode(),
        )
        skew = self._backstage.at(self.locations[call.colo].skew)
        with self.network.invocations.start(call.name) as invocation, skew:
            try:
                parts = await worker.fetch(request)
                await worker.background.drain()
            except InvocationCrashed:
                return None
            except Exception as error:  # the platform answers 500 when a handler raises
                return Answer(500, f"{type(error).__name__}: {error}")
            finally:
                call.operations = invocation.operations
        text = parts.body.decode() if isinstance(parts.body, bytes) else ""
        return Answer(parts.status, read_body(text))
