"""Fixtures and settings that every room's tests share."""

import pytest
from hypothesis import settings

# The same examples every time, however slow the machine: a failure in CI is a failure at home.
settings.register_profile("understudy", derandomize=True, deadline=None)
settings.load_profile("understudy")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
