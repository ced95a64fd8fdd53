"""The emulated modules, and an environment with every kind of binding."""

from collections.abc import Awaitable, Iterator
from typing import Any

import pytest

from kvstore import KVNamespace, SqliteStore
from worker.sdk.context import ExecutionContext, current
from worker.sdk.env import make_env
from worker.sdk.install import install

install()


@pytest.fixture
def spawned() -> list[Awaitable[Any]]:
    """What the Worker passed to waitUntil."""
    return []


@pytest.fixture
def env(spawned: list[Awaitable[Any]]) -> Iterator[Any]:
    """The current environment, in a current invocation."""
    bindings = {
        "KV": KVNamespace(SqliteStore.in_memory()),
        "VAR": "text",
        "NUM": 5,
        "BOOL": True,
        "JSONVAR": {"a": [1, None], "b": True},
        "NULLV": None,
    }
    environment = make_env(bindings)
    with current(environment, ExecutionContext(spawned.append)):
        yield environment
