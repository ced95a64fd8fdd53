"""The binding under test, once for every way to it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kvstore import ManualClock

from .expect import START
from .ways import WAYS, Binding


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture(params=WAYS)
async def kv(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Binding]:
    """An empty namespace, whose time is that of `clock`."""
    async with WAYS[request.param](tmp_path, clock) as binding:
        yield binding
