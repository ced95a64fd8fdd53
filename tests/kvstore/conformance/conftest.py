"""The binding under test, once for every way to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvstore import ManualClock
from tests.worker.kvwire.rig import Rig, open_rig

from .expect import START
from .in_workerd import in_workerd
from .ways import WAYS, Binding, Way


@pytest.fixture(scope="package")
def anyio_backend() -> str:
    """One event loop for all of these tests, since one workerd and its server serve them all."""
    return "asyncio"


@pytest.fixture(scope="package")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    async with open_rig(tmp_path_factory.mktemp("workerd")) as opened:
        yield opened


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(params=[*WAYS, pytest.param("workerd", marks=pytest.mark.workerd)])
def way(request: pytest.FixtureRequest) -> Way:
    if request.param == "workerd":
        # Asked for by name, so that the other ways start no workerd.
        return in_workerd(request.getfixturevalue("rig"))
    return WAYS[request.param]


@pytest.fixture
async def kv(way: Way, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Binding]:
    """An empty namespace, whose time is that of `clock`."""
    async with way(tmp_path, clock) as binding:
        yield binding
