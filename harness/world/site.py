"""Where requests are answered: locations, the Worker that each of them has, and how long everything takes."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.engine.chance import Chance
from harness.engine.loop import LoopClock
from harness.engine.under_way import asking
from harness.model.circumstances import Circumstances
from harness.model.record import Call
from harness.system.deployment import Code, Deployed
from harness.system.transport import BrokenOff, deliver, trigger
from harness.world.network import Network
from kvstore.faults import InvocationCrashed
from worker.runtime.background import WAIT_UNTIL_SECONDS
from worker.runtime.scheduled import ScheduledController
from worker.sdk.http.request import Request

# What a request takes between a client and its location, or a call between a Worker and an object, one
# way, in milliseconds.
WAY_MS = (1, 20)


@dataclass(frozen=True, slots=True)
class Reply:
    """``status`` is None when no answer came; ``body`` is what JSON says, or text, ``content`` its bytes.

    Names of ``headers`` are in small letters.
    """

    status: int | None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether it is an answer of success: below 400."""
        return self.status is not None and self.status < 400

    @property
    def json(self) -> Any:
        return self.body

    @property
    def text(self) -> str:
        """The body as text, whatever it says: also of JSON, and of a number."""
        return self.content.decode("utf-8", "replace")


class Site:
    """What the actors of any simulation share; `send` is what they can do to it.

    ``calls`` are all requests, ``deployed`` when (ms) each stage was deployed, ``writes`` every put and
    delete that was carried out.
    """

    def __init__(self, scenario: Circumstances, clock: LoopClock, network: Network) -> None:
        self.scenario = scenario
        self.clock = clock
        self.network = network
        self.invocations = network.layers.invocations
        self.writes = network.layers.done.events
        self.calls: list[Call] = []
        self.deployed: list[tuple[int, str]] = []
        self._workers: dict[str, list[tuple[int, str, Deployed, Code]]] = {}

    def put_on(
        self, stage: str, code: Code, colos: Iterable[str], bindings: Callable[[str], dict[str, Any]]
    ) -> float:
        """Deploy ``code`` with the ``bindings`` of each location; returns how many seconds that takes.

        It is in the first location at once. Requests on their way are answered by the one before.
        """
        now, latest = self.clock.now_ms(), 0
        self.deployed.append((now, stage))
        for place, colo in enumerate(colos):
            takes = self._rollout(colo) if place and len(self.deployed) > 1 else 0
            latest = max(latest, takes)
            worker = code.code.with_bindings(bindings(colo))
            self._workers.setdefault(colo, []).append((now + takes, stage, worker, code))
        return latest / 1000

    def _rollout(self, colo: str) -> int:
        """How many milliseconds it takes until a location has what was deployed last."""
        chance = Chance(self.scenario.seed, f"rollout/{colo}/{len(self.deployed)}")
        return chance.below(1000 * self.scenario.rollout + 1)

    async def answered(self, call: Call, event: Request | ScheduledController) -> Reply:
        """Send a request, or fire a cron trigger, and wait for its answer, or until there is no hope for
        one; the call notes both.
        """
        self.calls.append(call)
        chance = Chance(self.scenario.seed, f"way/{call.name}")
        await self.clock.pause(chance.between(*WAY_MS))
        reply = await self._met(call, partial(self._answer, call, event))
        await self.clock.pause(chance.between(*WAY_MS))
        call.answered, call.last = self.clock.now_ms(), len(self.writes)
        if reply.status is not None and self.network.befalls("dropped", call.name):
            reply = Reply(None)
        call.status, call.answer = reply.status, reply.body
        return reply

    async def _met(self, call: Call, answer: Callable[[], Coroutine[Any, Any, Reply]]) -> Reply:
        """The answer to a call, after or beside what meets it."""
        return await answer()

    async def _answer(self, call: Call, event: Request | ScheduledController) -> Reply:
        """The Worker's answer; without a status where its invocation was cut off, or the answer broke off."""
        worker, skew = self._deployed_in(call)
        before = skew.set(self.network.skew(call.colo))
        asked = asking(f"{call.method} {call.path} of {call.name}")
        with asked, self.invocations.start(call.name) as invocation:
            try:
                if isinstance(event, Request):
                    answer = await deliver(worker, event)
                else:
                    answer = await trigger(worker, event)
                cut_off = self.network.befalls("background", call.name)
                await worker.background.drain(0 if cut_off else WAIT_UNTIL_SECONDS)
            except InvocationCrashed:
                return Reply(None)
            except BrokenOff as error:
                return Reply(None, str(error))
            finally:
                skew.reset(before)
                call.operations = invocation.operations
        return Reply(answer.status, answer.body, answer.headers, answer.content)

    def _deployed_in(self, call: Call) -> tuple[Deployed, Any]:
        """The Worker that answers in a call's location, and its clock's skew; the call notes its stage."""
        now = self.clock.now_ms()
        _, call.stage, worker, code = [one for one in self._workers[call.colo] if one[0] <= now][-1]
        return worker, code.skew
