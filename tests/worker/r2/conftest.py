"""One event loop for a module: its server and its workerd serve all of its tests."""

import pytest


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"
