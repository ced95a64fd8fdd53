"""Runs one scenario of a declared migration from its beginning to its end, and gives the record of it."""

import asyncio
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import Any, Final

from harness.actors.mover import Mover
from harness.actors.operator import SETTLE_SECONDS, GaveUp, Halted, Operator
from harness.actors.visitor import Visitor, visit
from harness.engine.chance import Chance
from harness.engine.interleaving import Choose
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.engine.under_way import asking, counting
from harness.migration import Migration, MigrationError
from harness.model.record import Failure, Place, Record
from harness.model.scenario import Scenario
from harness.rehearsal.baseline import Baselines, LastLook, look
from harness.rehearsal.comparison import Asking, can_compare
from harness.system.deployment import NotSequential, SystemFailed
from harness.system.stages import Stages
from harness.world.world import World
from kvstore import Entry
from kvstore.conditions import JUDGE
from kvstore.layers.trace import Trace

_LATE_SECONDS: Final = 300.0
# How long people go on when the operator is done, so that they meet what was left.
_AFTERWARDS_SECONDS: Final = 30.0
_MOST_HALFWAY: Final = 8


def simulate(
    migration: Migration,
    scenario: Scenario,
    start: Mapping[Place, Entry],
    began: int,
    stages: Stages,
    baselines: Baselines,
    unreadable: frozenset[Place] = frozenset(),
    choose: Choose | None = None,
    trace: Trace | None = None,
) -> Record:
    """What happens in ``scenario``, which begins at ``began`` (ms) with ``start`` stored.

    ``baselines`` keeps what it is compared with. ``unreadable`` are entries that readers do not find before
    anything moves (`unreadable`). ``choose`` stands for the order of a scenario in which requests meet.
    ``trace`` gets every KV operation.
    Raises Deadlock when everybody waits for somebody else, and MigrationError when a Worker cannot be run.
    """
    once = choose is not None or trace is not None

    def play(*, once: bool) -> Record:
        # What a loop without input and output never gets asked for is left out of it.
        loop = SimulatedLoop(Chance(scenario.seed, "loop"))  # type: ignore[abstract]
        clock = LoopClock(loop, began)
        for stage in stages.all():
            stage.worker_code.enter(clock, scenario.seed, once=once)
        world = World(migration, scenario, start, clock, stages, visit, choose, trace)
        both, last = Asking(), LastLook(world, baselines)
        try:
            with counting(world.count):
                record = loop.run(_play(world, began, unreadable, both, last))
        except BaseException:
            world.close()  # what has memory of SQLite's is not left to whoever collects garbage
            raise
        return replace(record, compared=both.compared(world), baseline=last.compared(record))

    try:
        try:
            return play(once=once)
        except NotSequential:
            return play(once=True)
    except SystemFailed as failed:
        raise MigrationError(str(failed.error)) from failed.error


def unreadable(
    migration: Migration, start: Mapping[Place, Entry], began: int, stages: Stages
) -> frozenset[Place]:
    """Which of the entries readers do not find while nothing has moved: they do not miss those later.

    Under a prefix without readers: those that a client says are gone, and that are still stored. Their names
    do not reach the Worker as they are.
    """
    if "before" not in migration.stages or not (migration.readers or migration.clients):
        return frozenset()
    loop = SimulatedLoop(Chance(1, "loop"))  # type: ignore[abstract]
    clock = LoopClock(loop, began)
    for stage in stages.all():
        stage.worker_code.enter(clock, 1, once=True)
    world = World(migration, Scenario(conditions="local"), start, clock, stages, visit)

    async def missing() -> frozenset[Place]:
        await world.fill()
        world.deploy("before")
        await look(Visitor(world, "judge", "judge", JUDGE))
        missed = {act.place for act in world.acts if act.outcome != "found"}
        read = {(rule.binding, rule.prefix) for rule in migration.readers}
        client = Visitor(world, "client", "client", JUDGE)
        for rule in migration.clients:
            if (rule.binding, rule.prefix) in read:
                continue
            acts = [await client.do(rule, name) for name in list(world.names(rule))]
            stored = await world.stored()  # before another rule makes again what this one deleted
            missed |= {act.place for act in acts if act.outcome == "gone" and act.place in stored}
        world.close()
        return frozenset(missed)

    return loop.run(missing())


async def _play(
    world: World, began: int, unreadable: frozenset[Place], both: Asking, last: LastLook
) -> Record:
    scenario, clock = world.scenario, world.clock
    world.unreadable = unreadable
    await world.fill()
    if "before" in world.migration.stages:
        world.deploy("before")
    rolled: list[int] = []
    await asyncio.gather(_operate(world, rolled), *_others(world))
    await clock.sleep(SETTLE_SECONDS)
    final, counts = (
        await world.stored(),
        (len(world.writes), len(world.calls), *world.counts()),
    )
    ended, fired = clock.now_ms(), tuple(world.network.fired)
    await last.look()
    world.network.layers.ledger.spent.clear()
    acts, failures = list(world.acts), list(world.failures)
    again = None if rolled or failures or scenario.rollback != "never" else await _again(world)
    if can_compare(world):
        await both.ask(world)
    all_operations = world.count()
    world.close()
    writes, calls, asked, queried, called = counts
    return Record(
        migration=world.migration,
        scenario=scenario,
        start=world.start,
        final=final,
        writes=world.writes[:writes],
        calls=[*world.calls[:calls], *(call for call in world.calls[calls:] if call.actor == "judge")],
        asked=world.network.layers.asked[:asked],
        began=began,
        ended=ended,
        deployed=world.deployed,
        fired=fired,
        acts=acts,
        interrupted=tuple(world.interruptions.happened),
        failures=failures,
        second=world.failures[len(failures) :],
        again=again,
        again_at=clock.now_ms(),
        rolled=rolled[0] if rolled else None,
        unreadable=unreadable,
        order=tuple(world.order.taken),
        has_objects=bool(world.objects),
        queried=world.databases.asked[:queried],
        called=world.object_calls.asked[:called],
        tables=world.stages.tables,
        refused=frozenset(f"{sent.method} {sent.url.partition('?')[0]}" for sent in world.outside.unexpected),
        all_operations=all_operations,
    )


def _others(world: World) -> list[Coroutine[Any, Any, None]]:
    """What readers and clients do."""
    scenario, migration = world.scenario, world.migration
    plays: list[Coroutine[Any, Any, None]] = []
    if migration.readers:
        plays += [Visitor(world, f"reader-{one + 1}", "reader").read() for one in range(scenario.readers)]
    if migration.clients:
        plays += [
            Visitor(world, f"client-{one + 1}", "client").change(scenario.rounds)
            for one in range(scenario.clients)
        ]
    return plays


async def _operate(world: World, rolled: list[int]) -> None:
    """The runbook, and the way back where the scenario says so."""
    scenario, operator = world.scenario, Operator(world, "operator", "operator", "AMS")
    if scenario.readers or scenario.clients:
        await operator.pause(1, 60)
    way = scenario.rollback if world.migration.way_back is not None else "never"
    if way == "halfway":
        operator.halts_after = 1 + operator.chance.below(_MOST_HALFWAY)
    try:
        await follow(operator)
    except Halted:
        pass
    except GaveUp as why:
        world.failures.append(Failure(world.clock.now_ms(), why.what, why.why))
    operator.halts_after = None
    if way != "never":
        if way == "late":
            await operator.wait(_LATE_SECONDS)
        await _go_back(operator, rolled)
    if scenario.readers or scenario.clients:
        await operator.wait(_AFTERWARDS_SECONDS)
    world.over = True


async def follow(operator: Operator) -> None:
    """Do what the runbook says; without one, deploy and move everything. Raises GaveUp, and
    MigrationError.
    """
    migration = operator.world.migration
    if migration.runbook is None:
        if "after" in migration.stages:
            await operator.deploy("after")
        await Mover(operator, operator.world.outcomes).move()
        return
    try:
        with asking("the runbook"):
            await migration.runbook(operator)
    except (GaveUp, Halted, MigrationError):
        raise
    except Exception as error:
        raise MigrationError(f"the runbook fails: {type(error).__name__}: {error}") from error


async def _go_back(operator: Operator, rolled: list[int]) -> None:
    world = operator.world
    assert world.migration.way_back is not None
    try:
        with asking("the rollback"):
            await world.migration.way_back(operator)
    except GaveUp as why:
        world.failures.append(Failure(world.clock.now_ms(), why.what, why.why))
    rolled.append(world.clock.now_ms())


async def _again(world: World) -> Mapping[Place, Entry]:
    """What is stored when the whole runbook was followed once more."""
    try:
        await follow(Operator(world, "again", "operator", "AMS"))
    except GaveUp as why:
        world.failures.append(Failure(world.clock.now_ms(), why.what, why.why))
    return await world.stored()
