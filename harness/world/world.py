"""The world of a simulation: namespaces, locations that see them in their own way, and a Worker in each."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any

from harness.engine.interleaving import Choose
from harness.engine.interruption import Interruption, Interruptions
from harness.engine.loop import LoopClock
from harness.engine.meeting import Deed
from harness.engine.order import Order
from harness.migration import Migration, MigrationError, Rule
from harness.model.outcomes import Outcomes
from harness.model.record import Act, Call, Failure, Place, Role
from harness.model.scenario import Scenario
from harness.system.noted import NotedNamespace
from harness.system.stages import LoadedStage, Stages
from harness.world.calls import Asked, CallTransit, T
from harness.world.databases import DeployedDatabases
from harness.world.network import Network
from harness.world.objects import DeployedObjects
from harness.world.outside import Outside
from harness.world.site import Reply, Site
from kvstore import Entry, KVNamespace, Store
from kvstore.conditions import COLOS, JUDGE
from kvstore.layers.quotas import DAY_MS
from kvstore.layers.trace import Trace
from kvstore.platform import Location
from worker.d1 import Answer
from worker.durable import ObjectError
from worker.runtime.scheduled import ScheduledController
from worker.sdk.context import current
from worker.sdk.http.request import Request

_ORIGIN = "https://worker.example"
# How long a Durable Object lets somebody interrupt it: longer than anything takes that does not wait for it.
_PATIENCE_SECONDS = 60.0


# Lets somebody of a name and a role do what a rule declares to an entry, from a location.
Visit = Callable[["World", str, Role, str, Rule, str], Coroutine[Any, Any, Act]]


class World(Site):
    """Everything that the actors of a simulation share; `send` is what they can do to it.

    ``start`` is what is stored when time begins, ``visit`` how others than the operator come in between.
    ``over`` is set when the operator is done, ``is_waiting_for_tomorrow`` while the operator waits for a
    quota.
    """

    def __init__(
        self,
        migration: Migration,
        scenario: Scenario,
        start: Mapping[Place, Entry],
        clock: LoopClock,
        stages: Stages,
        visit: Visit,
        choose: Choose | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.networks = _networks(stages, scenario, clock, trace)
        super().__init__(scenario, clock, next(iter(self.networks.values())))
        self.scenario: Scenario = scenario
        self.migration = migration
        self.start = start
        self.stages = stages
        self._visit = visit
        self.outcomes = Outcomes(migration, stages.tables)
        self.interruptions = Interruptions(scenario.interrupt, self.invocations, self._interrupt)
        self.order = Order(scenario.order, self.invocations, clock, choose)
        self.databases = DeployedDatabases(
            scenario.seed,
            clock,
            self.invocations,
            self.network.travel,
            self._around_call,
            migration.keys,
            self.writes,
            stages.copies,
            scenario.lag,
            scenario.platform.allowance,
            self.network.layers.ledger,
        )
        self.object_calls = CallTransit(clock, self.network.travel, self.invocations)
        self.objects = DeployedObjects(scenario.seed, clock, self.invocations, self._called)
        self.outside = Outside(migration.outbound.given, scenario, clock)
        self._meetings = {one.request: one for one in scenario.at_once}
        self.locations: dict[str, dict[str, Location]] = {
            colo: {
                label: one.location(colo, partial(self._binding, label))
                for label, one in self.networks.items()
            }
            for colo in (*COLOS[: scenario.colos], JUDGE)
        }
        self.acts: list[Act] = []
        self.failures: list[Failure] = []
        self.over = self.is_waiting_for_tomorrow = False
        self.unreadable: frozenset[Place] = frozenset()
        self._names: dict[tuple[str, str], list[str]] = {}

    def _binding(self, label: str, store: Store) -> KVNamespace:
        """What a Worker has of a namespace: with interruptions before its operations, and in their order."""
        asked = self.network.layers.asked
        if self.scenario.order or self.scenario.at_once:
            store = self.order.around(store, label)
        return NotedNamespace(self.interruptions.around(store), self.invocations, asked, label)

    async def _around_call(
        self, label: str, operation: Callable[[], Awaitable[Answer]], *, writes: bool
    ) -> Answer:
        """A call of D1, with interruptions before it, and in its order."""
        await self.interruptions.before()
        if not (self.scenario.order or self.scenario.at_once):
            return await operation()
        answer: Answer = await self.order.carry_out("call" if writes else "get", [label], operation)
        return answer

    async def _called(
        self, asked: Asked, call: Callable[[], Coroutine[Any, Any, T]], came: Callable[[T], str | ObjectError]
    ) -> T:
        """A call of a Durable Object, with interruptions before it, and in its order.

        What the object does has an order of its own.
        """
        await self.interruptions.before()
        if self.scenario.order or self.scenario.at_once:
            await self.order.carry_out("call", [asked.label], _nothing)
        return await self.object_calls.carry(asked, call, came)

    def count(self) -> int:
        """How many operations of KV, D1 and Durable Objects there were until now."""
        return sum(self.counts())

    def counts(self) -> tuple[int, int, int]:
        """How many there were of each."""
        return len(self.network.layers.asked), len(self.databases.asked), len(self.object_calls.asked)

    async def fill(self) -> None:
        """Store what there is at the beginning, where everybody has seen it for long."""
        for label, network in self.networks.items():
            await network.fill({key: entry for (where, key), entry in self.start.items() if where == label})
        if "before" in self.stages.by_name:
            self.databases.apply(self.stages.by_name["before"])  # as it was long ago
        self.databases.apply(self.stages.own)
        self.databases.fill(self.start)
        self.start = {**self.start, **self.databases.stored}
        self.writes.clear()

    async def stored(self) -> dict[Place, Entry]:
        """What is stored now."""
        entries = {
            (label, key): entry
            for label, network in self.networks.items()
            for key, entry in (await network.store.entries()).items()
        }
        return {**entries, **self.databases.stored}

    def deploy(self, stage: str) -> float:
        """Put a Worker on; returns after how many seconds it is everywhere.

        It is in the first location at once. Requests on their way are answered by the one before.
        """
        if stage not in self.stages.by_name:
            known = ", ".join(self.stages.by_name) or "none"
            raise MigrationError(f"the runbook deploys {stage!r}, which is not a stage: there is {known}")
        loaded = self.stages.by_name[stage]
        self.databases.apply(loaded)
        seen = {**self._bindings(loaded, self.locations[COLOS[0]]), **self.databases.bindings(loaded)}
        bound = self.objects.deploy(loaded, seen)
        return self.put_on(
            stage,
            loaded.worker_code,
            self.locations,
            lambda colo: {
                **self._bindings(loaded, self.locations[colo]),
                **self.databases.bindings(loaded, colo),
                **bound,
            },
        )

    async def apply_files(self, call: Call, stage: str) -> None:
        """Apply the migration files of a stage to the databases, as ``call``, an operator's request.

        Raises MigrationError, and InvocationCrashed.
        """
        self.calls.append(call)
        with self.invocations.start(call.name) as invocation:
            try:
                await self.databases.apply_slowly(self.stages.by_name[stage])
                call.status = 200
            finally:
                call.answered, call.last = self.clock.now_ms(), len(self.writes)
                call.operations = invocation.operations

    def close(self) -> None:
        self.objects.close()
        self.databases.close()

    def _bindings(self, stage: LoadedStage, location: Mapping[str, Location]) -> dict[str, Any]:
        namespaces = {name: location[label].namespace for name, label in stage.namespaces.items()}
        return {**stage.variables, **namespaces}

    async def send(self, call: Call, content: tuple[bytes, str | None], headers: Mapping[str, str]) -> Reply:
        """Send a request and wait for its answer, or until there is no hope for one."""
        body, kind = content
        sent = {"cf-connecting-ip": call.actor, **({"content-type": kind} if kind else {}), **headers}
        return await self.answered(
            call, Request.from_parts(call.method, _ORIGIN + call.path, list(sent.items()), body)
        )

    async def trigger(self, call: Call) -> Reply:
        """Fire the cron trigger that a call names, and wait until its handler is done."""
        return await self.answered(call, ScheduledController(call.path, self.clock.now_ms()))

    async def answered(self, call: Call, event: Request | ScheduledController) -> Reply:
        """The same as of any site; what leaves the Worker goes to ``outside``."""
        with current(None, None, self.outside):
            reply = await super().answered(call, event)
        call.refused = self.databases.refused(call.name) or call.name in self.object_calls.refused
        return reply

    def seconds_of_day_left(self) -> float:
        """Until 00:00 UTC, when quotas begin anew."""
        return (DAY_MS - self.clock.now_ms() % DAY_MS) / 1000

    def names(self, rule: Rule) -> list[str]:
        """The names that a rule's function can be called with: of the beginning, and made since.

        Rules of one prefix share them: readers look for what clients made.
        """
        names = self._names.get((rule.binding, rule.prefix))
        if names is None:
            names = self._names[rule.binding, rule.prefix] = [
                key.removeprefix(rule.prefix)
                for where, key in self.start
                if where == rule.binding
                and key.startswith(rule.prefix)
                and (where, key) not in self.unreadable
            ]
        return names

    def note(self, act: Act) -> None:
        """A client did something to an entry that it was not asked to change: mostly made a new one."""
        act.ended, act.last = self.clock.now_ms(), len(self.writes)
        self.acts.append(act)
        if act.outcome == "made":
            self.names(act.rule).append(act.name)

    def is_free(self, rule: Rule, name: str) -> bool:
        """Whether no client has changed an entry, or is about to."""
        return not any(
            act.role == "client" and act.name == name and act.rule.prefix == rule.prefix for act in self.acts
        )

    def calls_of(self, actor: str, after: int) -> Sequence[Call]:
        """The requests of an actor, without the first ``after``."""
        return [call for call in self.calls if call.actor == actor][after:]

    async def _met(self, call: Call, answer: Callable[[], Coroutine[Any, Any, Reply]]) -> Reply:
        """The answer to a call, after or beside what meets it."""
        meeting = self._meetings.pop(call.name, None)
        if meeting is None:
            return await answer()
        acts = {
            f"{deed.act}-{place}": act
            for place, deed in enumerate(meeting.deeds, 1)
            if (act := self._act(f"{deed.act}-{place}", deed)) is not None
        }
        loop = asyncio.get_running_loop()
        if len(acts) == len(meeting.deeds):
            self.interruptions.happened.append(str(meeting))
        beside = {call.name: loop.create_task(answer())} if len(meeting.deeds) == 1 else {}
        doing = {name: loop.create_task(act) for name, act in acts.items()}
        await self.order.meet({**beside, **doing})
        return beside[call.name].result() if beside else await answer()

    async def _interrupt(self, one: Interruption) -> bool:
        """Let somebody do something whole; whether there was anything to do it to."""
        act = self._act(str(one), one.deed)
        if act is not None:
            task = asyncio.get_running_loop().create_task(act)
            # Who calls the object that is interrupted may have to wait until it goes on.
            patience = _PATIENCE_SECONDS if self.objects.is_asking.get() else None
            await (task if patience is None else asyncio.wait({task}, timeout=patience))
        return act is not None

    def _act(self, who: str, deed: Deed) -> Coroutine[Any, Any, Act] | None:
        """What somebody called ``who`` does; None when there is nothing to do it to."""
        both: tuple[tuple[Role, list[Rule]], ...] = (
            ("client", self.migration.clients),
            ("reader", self.migration.readers),
        )
        for role, rules in both:
            for rule in rules:
                if rule.name != deed.act:
                    continue
                names = [name for name in self.names(rule) if role == "reader" or self.is_free(rule, name)]
                if not names:
                    return None
                colo = COLOS[self.scenario.colos - 1]
                return self._visit(self, who, role, colo, rule, names[deed.which % len(names)])
        return None


async def _nothing() -> None: ...


def _networks(
    stages: Stages, scenario: Scenario, clock: LoopClock, trace: Trace | None
) -> dict[str, Network]:
    """A network for each namespace, all of one deployment."""
    networks: dict[str, Network] = {}
    for label in stages.namespaces:
        first = next(iter(networks.values()), None)
        is_classic = label not in stages.new_namespaces
        networks[label] = Network(scenario, clock, label, first, trace=trace, is_classic=is_classic)
    return networks
