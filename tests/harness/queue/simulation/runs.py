"""Simulations for tests: by a line, with the Worker loaded once; and what the judge says of them."""

from functools import cache

from harness.migrations.queue.checkers import judge
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.model.record import Call
from harness.model.verdict import Finding, Verdict
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


def found(record: Record, invariant: str) -> tuple[Finding, ...]:
    """The findings about one invariant."""
    return of(record, invariant).findings


def of(record: Record, invariant: str) -> Verdict:
    """The verdict on one invariant."""
    return next(one for one in judge(record) if one.invariant == invariant)


def violated(record: Record) -> list[str]:
    """Every invariant that is violated, in order."""
    return [one.invariant for one in judge(record) if not one.held]
