"""The look before a rehearsal of somebody's Worker: whether it is the queue's at all.

Whatever a Worker without the guide's routes does would be blamed on the migration. So its routes are asked
first, on a sample, without limits and faults; how well they do their work is for the judges.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness import Call, CannotStart
from harness.engine.chance import Chance
from harness.engine.clock import LoopClock
from harness.engine.loop import Deadlock, SimulatedLoop, in_virtual_time
from harness.migration import MigrationError
from harness.migrations.queue.explore.system import worker_code
from harness.migrations.queue.simulation.people.actor import Actor
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import BEGIN_MS
from harness.migrations.queue.simulation.world import World
from harness.migrations.queue.walk.stage import Stage
from harness.migrations.queue.walk.steps import Migration
from harness.system.code import WorkerCode
from harness.system.deployment import Code, SystemFailed
from harness.system.stages import read_config
from kvstore import ManualClock, SqliteStore
from kvstore.conditions import COLOS
from worker.config import ConfigError
from worker.runtime import ServeError

_TASKS, _LEASES = 3, 1
_SHOWN: Final = 120
# What is answered where nothing is, or where nobody may be.
_NO_ROUTE: Final = (401, 403, 404, 405)
_COORDINATION: Final = ("TaskCoordinator", "RequestCounter")


class NotTheQueue(CannotStart):
    """The Worker is not the one of the migration guide: says which route answered what."""

    def __init__(self, why: str) -> None:
        super().__init__(f"this is not the queue's Worker: {why}")


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the guide: its answer has one of ``members`` at least.

    ``distinctive``: no other Worker has them.
    """

    method: str
    path: str
    members: tuple[str, ...]
    body: Any = None
    distinctive: bool = True

    def has_shape(self, answer: Call) -> bool:
        return isinstance(answer.answer, dict) and any(name in answer.answer for name in self.members)

    def refusal(self, answer: Call) -> str:
        text = (
            answer.answer if isinstance(answer.answer, str) else json.dumps(answer.answer, ensure_ascii=False)
        )
        said = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"
        expected = " or ".join(self.members)
        return f"{self.method} {self.path} answered {answer.status} {said}, not a JSON object with {expected}"


# In the order in which the guide asks them; the second part when the new format is deployed.
_MIGRATING: Final = (
    Route("POST", "/api/migrate/run", ("tasks", "leases", "totalMigrated", "done")),
    Route("GET", "/api/migrate/status", ("status", "needsMigration")),
)
_WORKING: Final = (
    Route("GET", "/api/queue", ("pending",)),
    Route("POST", "/api/queue/claim", ("taskId", "message"), {"workerId": "preflight"}, distinctive=False),
    Route(
        "POST",
        "/api/result/preflight",
        ("success", "error"),
        {"success": True, "output": ""},
        distinctive=False,
    ),
)
_PRODUCING: Final = Route(
    "POST", "/webhook/slack", ("eventId",), {"event": {"text": "preflight", "user": "U0", "ts": "1.1"}}
)


def demand_queue_worker(
    worker: Path, migration: Migration, *, producers: bool = False, coordinator: bool = False
) -> None:
    """Raises NotTheQueue unless ``worker``, a folder, has the routes of the guide.

    ``producers``: also that of messages; ``coordinator``: also the classes that decide claims. Where a single
    route fails with 5xx or answers oddly, that is for the judges; a Worker of which all do is another one.
    Raises what loading a Worker does, and Unanswered.
    """
    try:
        code = worker_code(worker)
        if isinstance(code, WorkerCode):
            in_virtual_time(_demand(worker, migration, producers=producers, coordinator=coordinator))
        elif coordinator:
            raise NotTheQueue("claims=coordinator takes its Durable Objects, which only Python Workers have")
        else:
            _judge(_simulated(code, producers=producers))
    except (CannotStart, ConfigError, ServeError, Deadlock):
        raise
    except SystemFailed as failed:
        raise NotTheQueue(str(failed.error)) from failed
    except MigrationError as error:
        raise CannotStart(str(error)) from error
    except Exception as error:  # of a task that it left behind
        raise NotTheQueue(f"it fails on its own: {type(error).__name__}: {error}") from error


def demand_python(worker: Path, why: str) -> None:
    """Raises CannotStart for a Worker in another language, with ``why`` that is not enough."""
    if not isinstance(worker_code(worker), WorkerCode):
        raise CannotStart(
            f"the Worker in {worker} is not in Python, and {why}. What is simulated runs it: "
            "--explore schedules, --explore orders, --explore crashes --scenario '…', --scenario '…'"
        )


async def _demand(worker: Path, migration: Migration, *, producers: bool, coordinator: bool) -> None:
    store = SqliteStore.in_memory(ManualClock(BEGIN_MS))
    await store.put_many(populate(BEGIN_MS // 1000, _TASKS, _LEASES, ()))
    stage = Stage(store, worker=worker)
    lacking = [name for name in _COORDINATION if coordinator and not hasattr(stage.code.module, name)]
    if lacking:
        raise NotTheQueue(f"claims=coordinator takes its class {lacking[0]}, and it has none")
    working = (*_WORKING, _PRODUCING) if producers else _WORKING
    answers = [
        *await _asked(stage, "dual" if migration == "safe" else "old", migration, _MIGRATING),
        *await _asked(stage, "new", migration, working),
    ]
    await store.close()
    _judge(answers)


def _simulated(code: Code, *, producers: bool) -> list[tuple[Route, Call]]:
    """What a Worker that only simulations run answers, in one of them. Raises NotTheQueue."""
    if strange := [one.binding for one in read_config(code.folder).kv_namespaces if one.binding != "CACHE"]:
        raise NotTheQueue(f"it binds env.{strange[0]} to a KV namespace, and the guide has env.CACHE alone")
    loop = SimulatedLoop(Chance(1))  # type: ignore[abstract]
    clock = LoopClock(loop, BEGIN_MS)
    code.enter(clock, 1)
    entries = populate(BEGIN_MS // 1000, _TASKS, _LEASES, ())
    world = World(Scenario(conditions="local"), entries, clock, code)
    actor = Actor(world, "preflight", COLOS[0])

    async def asked(queue_format: str, routes: Sequence[Route]) -> list[tuple[Route, Call]]:
        world.deploy(queue_format)
        return [(one, await actor.ask("preflight", one.method, one.path, one.body)) for one in routes]

    async def every() -> list[tuple[Route, Call]]:
        await world.network.fill(entries)
        working = (*_WORKING, _PRODUCING) if producers else _WORKING
        return [*await asked("old", _MIGRATING), *await asked("new", working)]

    return loop.run(every())


def _judge(answers: Sequence[tuple[Route, Call]]) -> None:
    for route, answer in answers:
        if answer.status in _NO_ROUTE and not route.has_shape(answer):
            raise NotTheQueue(route.refusal(answer))
    if not any(route.distinctive and route.has_shape(answer) for route, answer in answers):
        route, answer = answers[0]
        raise NotTheQueue(route.refusal(answer))


async def _asked(
    stage: Stage, queue_format: str, migration: Migration, routes: Sequence[Route]
) -> list[tuple[Route, Call]]:
    stage.deploy(queue_format, migration)
    return [
        (route, await stage.request("preflight", route.method, route.path, route.body)) for route in routes
    ]
