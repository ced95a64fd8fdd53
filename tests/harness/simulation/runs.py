"""Simulations for tests: by a line, with the Worker loaded once."""

from functools import cache

from harness.simulation.backstage import Backstage
from harness.simulation.record import Call, Record
from harness.simulation.scenario import read_scenario
from harness.simulation.simulate import simulate


@cache
def _backstage() -> Backstage:
    return Backstage()


@cache
def run(line: str) -> Record:
    """What happens in the scenario of a line."""
    return simulate(read_scenario(line), _backstage())


def told(record: Record, actor: str) -> list[str]:
    """What somebody asked, and the status of the answer: ``POST /api/migrate/run 200``."""
    return [f"{call.method} {call.path} {call.status}" for call in record.calls if call.actor == actor]


def call(record: Record, name: str) -> Call:
    return next(one for one in record.calls if one.name == name)
