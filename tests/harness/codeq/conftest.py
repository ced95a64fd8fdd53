"""A server of each kind, with a legacy keyspace on it."""

from collections.abc import AsyncIterator
from hashlib import sha1

import pytest

from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import Settings
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.passwords import opened
from harness.migrations.redis.keyspace.snapshot import Snapshot, restore
from harness.migrations.redis.rehearsal import Place
from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from tests.worker.codeq.real_redis import redis_url as redis_url
from worker.codeq import MOVE_SCRIPT, PROFILES, Kvrocks27, Server, connect, embedded

START = 1_795_311_283_496


class Writer(ManualClock):
    """A clock in whose time somebody writes a task into ``tasks``."""

    def __init__(self, server: Server, tasks: str) -> None:
        super().__init__()
        self._server = server
        self._tasks = tasks

    async def sleep(self, seconds: float) -> None:
        await self._server.call("HSET", self._tasks, "late", "{}")


def embedded_as(profile: str = PROFILES[0]) -> Place:
    """Opens a server in this process that behaves as ``profile``."""
    return lambda clock: opened(None, profile=profile, clock=clock)


async def half_done(
    server: Server, legacy: Snapshot, clock: ManualClock, settings: Settings, commands: int
) -> None:
    """Leave the migration of ``legacy`` as it is after so many commands."""
    await server.call("FLUSHALL")
    await restore(server, legacy.pieces())
    with pytest.raises(Crashed):
        await Migrator(Crashing(server, commands), clock, settings).apply()


@pytest.fixture
def claim_script(monkeypatch: pytest.MonkeyPatch) -> str:
    """A text that codeQ asks for by its sha1: codeQ's own is not here, so the one that stands for it is."""
    sha = sha1(MOVE_SCRIPT.encode()).hexdigest()
    monkeypatch.setattr("worker.codeq.service.queues.CLAIM_SHA", sha)
    monkeypatch.setattr("harness.migrations.codeq.option_b.claim_script.CLAIM_SHA", sha)
    return MOVE_SCRIPT


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def legacy(clock: ManualClock) -> Snapshot:
    """Fifty tasks over three commands."""
    return seed(Shape(50), clock, SeededEntropy(3))


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.redis)])
async def redis7(request: pytest.FixtureRequest, legacy: Snapshot) -> AsyncIterator[Server]:
    url = None if request.param == "embedded" else request.getfixturevalue("redis_url")
    server = embedded() if url is None else await connect(url)
    await server.call("FLUSHALL")
    await server.call("SCRIPT FLUSH")
    await restore(server, legacy.pieces())
    yield server
    await server.close()


@pytest.fixture
def kvrocks27(redis7: Server) -> Server:
    return Kvrocks27(redis7)


@pytest.fixture(params=["redis7", "kvrocks27"])
def server(request: pytest.FixtureRequest, redis7: Server) -> Server:
    return redis7 if request.param == "redis7" else Kvrocks27(redis7)
