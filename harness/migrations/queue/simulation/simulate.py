"""Runs one scenario from its beginning to its end, and gives the record of it."""

import asyncio
from collections.abc import Coroutine, Mapping
from urllib.parse import quote

from harness import SETTLE_SECONDS, Call
from harness.engine.chance import Chance
from harness.engine.interleaving import Choose
from harness.engine.loop import LoopClock, SimulatedLoop
from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK
from harness.migrations.queue.simulation.people.actor import Actor
from harness.migrations.queue.simulation.people.clients import Producer, Viewer
from harness.migrations.queue.simulation.people.crowd import Crowd
from harness.migrations.queue.simulation.people.daemon import Daemon
from harness.migrations.queue.simulation.people.operator import Operator
from harness.migrations.queue.simulation.population import migrated, populate
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.world import OnProgress, World
from harness.migrations.queue.state import QueueState
from harness.system.deployment import Code, NotSequential, SystemFailed
from harness.terminal.progress import Follow
from kvstore import Entry
from kvstore.conditions import JUDGE
from kvstore.layers.trace import Trace

# When every simulation begins: a round moment, in milliseconds since the UNIX epoch.
BEGIN_MS = 1_795_300_000_000
# A key is moved by a put and a delete.
_WRITES = 2
# How often a looker looks at everything.
_ROUNDS = 4


def simulate(
    scenario: Scenario,
    worker_code: Code,
    entries: Mapping[str, Entry] | None = None,
    choose: Choose | None = None,
    trace: Trace | None = None,
    began: int = BEGIN_MS,
    on_progress: OnProgress | None = None,
    follow: Follow | None = None,
) -> Record:
    """What happens in ``scenario`` from ``began`` on (ms). ``entries`` stand for its own tasks if given.

    ``choose`` stands for the order of a scenario in which requests are sent at once, ``trace`` gets every
    KV operation, ``on_progress`` every answer, and ``follow`` how many writes are done.
    Raises Deadlock when everybody waits for somebody else.
    """
    if entries is None:
        entries = populate(began // 1000, scenario.tasks, scenario.leases, scenario.odd)
    # A rollback begins from the new format.
    is_new = scenario.format == "new" or "rollback" in scenario.at_once
    stored = migrated(entries) if is_new else entries

    def play(*, once: bool) -> Record:
        # What a loop without input and output never gets asked for is left out of it.
        loop = SimulatedLoop(Chance(scenario.seed, "loop"))  # type: ignore[abstract]
        clock = LoopClock(loop, began)
        worker_code.enter(clock, scenario.seed, once=once)
        world = World(scenario, stored, clock, worker_code, trace)
        world.on_progress = on_progress
        if follow is not None:
            old = sum(key.startswith((OLD_TASK, OLD_LEASE)) for key in stored)
            follow("walking: {done} of some {of} writes", world.writes.__len__, _WRITES * old)
        if choose is not None and world.network.interleaving is not None:
            world.network.interleaving.choose = choose
        record = loop.run(_play(world))
        worker_code.operations += len(world.network.layers.asked)
        return record

    try:
        try:
            return play(once=not (choose is None and trace is None and on_progress is None))
        except NotSequential:
            return play(once=True)
    except SystemFailed as failed:
        raise failed.error from None


async def _play(world: World) -> Record:
    scenario = world.scenario
    await world.network.fill(world.start.entries)
    world.deploy(scenario.format)
    await asyncio.gather(*_plays(world))
    # A walk is judged at once where nothing is seen late.
    if not scenario.walk or scenario.platform.staleness is not None:
        await world.clock.sleep(SETTLE_SECONDS)
    final, calls, writes, asked = (
        QueueState(await world.network.store.entries()),
        len(world.calls),
        len(world.writes),
        len(world.network.layers.asked),
    )
    ended, fired = world.clock.now_ms(), tuple(world.network.fired)
    ledger, judge = world.network.layers.ledger, Actor(world, "judge", JUDGE)
    spent, ledger.spent = ledger.spent, {}  # the judge's requests are not billed
    judged = await _judge(judge)
    if scenario.walk:
        ledger.spent = spent  # work goes on with what is left of the day
        judged |= await _work(judge)
    await world.network.store.close()
    return Record(
        scenario=scenario,
        start=world.start,
        final=final,
        writes=world.writes[:writes],
        calls=world.calls[:calls],
        asked=world.network.layers.asked[:asked],
        began=world.began,
        ended=ended,
        deployed=world.deployed,
        fired=fired,
        judged=judged,
        rewritten=world.writes[writes:],
    )


def _plays(world: World) -> list[Coroutine[None, None, None]]:
    """What everybody does."""
    scenario, interleaving = world.scenario, world.network.interleaving
    if interleaving is not None:
        return [Crowd(world, interleaving).play()]
    plays = [Operator(world, f"operator-{number}", "AMS").play() for number in _numbers(scenario.operators)]
    plays += [
        Producer(world, f"producer-{one}").play(scenario.events) for one in _numbers(scenario.producers)
    ]
    plays += [Daemon(world, f"daemon-{one}").play(scenario.polls) for one in _numbers(scenario.daemons)]
    plays += [Viewer(world, f"looker-{one}").play(_ROUNDS) for one in _numbers(scenario.lookers)]
    return plays


async def _judge(judge: Actor) -> dict[str, Call]:
    """Ask once more, where nobody has asked before, so that nothing is stale."""
    return {
        "listing": await judge.ask("queue", "GET", "/api/queue"),
        "status": await judge.ask("status", "GET", "/api/migrate/status"),
        "rerun": await judge.ask("run again", "POST", "/api/migrate/run"),
    }


async def _work(judge: Actor) -> dict[str, Call]:
    """The last of the guide's steps: a task is claimed and completed."""
    claim = await judge.ask("claim", "POST", "/api/queue/claim", {"workerId": judge.name})
    task = claim.member("taskId")
    if not isinstance(task, str):
        return {"claim": claim}
    done = {"success": True, "output": "done in rehearsal"}
    await judge.pause(2, 2)
    return {
        "claim": claim,
        "complete": await judge.ask("complete", "POST", f"/api/result/{quote(task, safe='')}", done),
        "queue again": await judge.ask("queue again", "GET", "/api/queue"),
    }


def _numbers(count: int) -> range:
    return range(1, count + 1)
