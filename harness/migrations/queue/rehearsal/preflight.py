"""The look before a rehearsal of somebody's Worker: whether it is the queue's at all.

Whatever a Worker without the guide's routes does would be blamed on the migration. So its routes are asked
first, on a sample, without limits and faults; how well they do their work is for the judges.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness import Call, CannotStart
from harness.engine.loop import Deadlock, in_virtual_time
from harness.migration import MigrationError
from harness.migrations.queue.explore.system import worker_code
from harness.migrations.queue.rehearsal.by_hand import ByHand
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.simulation.scenario import Migration
from harness.migrations.queue.simulation.simulate import BEGIN_MS
from harness.migrations.queue.worker import QueueWorker
from harness.system.code import WorkerCode
from harness.system.deployment import Code, SystemFailed
from harness.system.stages import NotEmulated, read_config
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
    worker: QueueWorker, migration: Migration, *, producers: bool = False, coordinator: bool = False
) -> None:
    """Raises NotTheQueue unless ``worker`` has the routes of the guide.

    ``producers``: also that of messages; ``coordinator``: also the classes that decide claims. Where a single
    route fails with 5xx or answers oddly, that is for the judges; a Worker of which all do is another one.
    Raises what loading a Worker does, and Unanswered.
    """
    try:
        _check_without(worker)
        code = worker_code(worker)
        _check(code, coordinator=coordinator)
        in_virtual_time(_demand(code, migration, producers=producers))
    except (CannotStart, ConfigError, ServeError, Deadlock):
        raise
    except SystemFailed as failed:
        raise NotTheQueue(str(failed.error)) from failed
    except NotEmulated as error:
        raise CannotStart(str(NotEmulated(error.what, error.name, f"--without {error.name}"))) from error
    except MigrationError as error:
        raise CannotStart(str(error)) from error
    except Exception as error:  # of a task that it left behind
        raise NotTheQueue(f"it fails on its own: {type(error).__name__}: {error}") from error


def _check_without(worker: QueueWorker) -> None:
    absent = read_config(worker.folder, worker.without).not_emulated
    if unknown := [name for name in worker.without if name not in absent]:
        raise CannotStart(
            f"--without {unknown[0]} names no binding that is not emulated; the Worker has "
            f"{', '.join(absent) or 'none'}"
        )


def demand_python(worker: QueueWorker, why: str) -> None:
    """Raises CannotStart for a Worker in another language, with ``why`` that is not enough."""
    if not isinstance(worker_code(worker), WorkerCode):
        raise CannotStart(
            f"the Worker in {worker.folder} is not in Python, and {why}. Only --promises cannot run it"
        )


def _check(code: Code, *, coordinator: bool) -> None:
    """Raises NotTheQueue for what the code alone shows."""
    if isinstance(code, WorkerCode):
        lacking = [name for name in _COORDINATION if coordinator and not hasattr(code.code.module, name)]
        if lacking:
            raise NotTheQueue(f"claims=coordinator takes its class {lacking[0]}, and it has none")
    elif coordinator:
        raise NotTheQueue("claims=coordinator takes its Durable Objects, which only Python Workers have")
    elif strange := [one.binding for one in read_config(code.folder).kv_namespaces if one.binding != "CACHE"]:
        raise NotTheQueue(f"it binds env.{strange[0]} to a KV namespace, and the guide has env.CACHE alone")


async def _demand(code: Code, migration: Migration, *, producers: bool) -> None:
    hand = ByHand(code, populate(BEGIN_MS // 1000, _TASKS, _LEASES, ()), migration, BEGIN_MS)
    working = (*_WORKING, _PRODUCING) if producers else _WORKING
    answers = [
        *await _asked(hand, "dual" if migration == "safe" else "old", _MIGRATING),
        *await _asked(hand, "new", working),
    ]
    for route, answer in answers:
        if answer.status in _NO_ROUTE and not route.has_shape(answer):
            raise NotTheQueue(route.refusal(answer))
    if not any(route.distinctive and route.has_shape(answer) for route, answer in answers):
        route, answer = answers[0]
        raise NotTheQueue(route.refusal(answer))


async def _asked(hand: ByHand, queue_format: str, routes: Sequence[Route]) -> list[tuple[Route, Call]]:
    await hand.deploy(queue_format)
    return [
        (route, await hand.request("preflight", route.method, route.path, route.body)) for route in routes
    ]
