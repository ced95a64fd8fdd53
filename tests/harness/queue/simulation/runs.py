"""Simulations for tests: by a line, with the Worker loaded once."""

from functools import cache

from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.model.record import Call
from harness.system.code import WorkerCode


@cache
def _worker_code() -> WorkerCode:
    return WorkerCode(QUEUE_WORKER)


@cache
def run(line: str) -> Record:
    """What happens in the scenario of a line."""
    return simulate(Scenario.read(line), _worker_code())


def told(record: Record, actor: str) -> list[str]:
    """What somebody asked, and the status of the answer: ``POST /api/migrate/run 200``."""
    return [f"{call.method} {call.path} {call.status}" for call in record.calls if call.actor == actor]


def call(record: Record, name: str) -> Call:
    return next(one for one in record.calls if one.name == name)
