"""The services on every server that they must run on."""

from collections.abc import AsyncIterator

import pytest

from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from tests.worker.codeq.bench import IDENTITY, START, Bench
from tests.worker.codeq.real_redis import redis_url as redis_url
from worker.codeq import ClaimScriptLoaded, Issuer, Kvrocks27, Recording, connect, embedded


@pytest.fixture(scope="session")
def signer() -> Issuer:
    return Issuer(IDENTITY, ManualClock(START), SeededEntropy(1))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(params=["embedded", pytest.param("redis", marks=pytest.mark.redis)])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[Recording]:
    if request.param == "embedded":
        inner = embedded()
    else:
        inner = await connect(request.getfixturevalue("redis_url"))
    await inner.call("FLUSHALL")
    await inner.call("SCRIPT FLUSH")
    yield Recording(inner)
    await inner.close()


@pytest.fixture
async def bench(server: Recording, signer: Issuer, clock: ManualClock) -> Bench:
    return Bench(server, signer, clock)


@pytest.fixture
async def kvrocks(server: Recording, signer: Issuer, clock: ManualClock) -> Bench:
    """The same on a server behaving as KVRocks 2.7, where codeQ's claim script is loaded."""
    return Bench(Recording(ClaimScriptLoaded(Kvrocks27(server))), signer, clock)
