"""The ways to the binding: each opens an empty namespace and answers the same calls in the same words.

A way is given a folder of its own and the clock that its storage must follow. To add one, write such a
context manager and name it in WAYS; the whole suite then runs on it. One more, through a Worker in the real
workerd, needs a workerd that serves many tests: in_workerd.py.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from kvstore import Clock, KVNamespace, SqliteStore, StateStore
from kvstore.sql.inline import InlineDatabase
from kvstore.sql.pooled import PooledDatabase
from kvstore.stores.memory import MemoryStore


class Binding(Protocol):
    """What a Worker calls; arguments as kvstore.javascript writes them, errors as KVError."""

    async def get(self, *arguments: Any) -> Any: ...

    async def getWithMetadata(self, *arguments: Any) -> Any: ...

    async def put(self, *arguments: Any) -> None: ...

    async def delete(self, *arguments: Any) -> None: ...

    async def list(self, *arguments: Any) -> dict[str, Any]: ...


Way = Callable[[Path, Clock], AbstractAsyncContextManager[Binding]]


@asynccontextmanager
async def inline(folder: Path, clock: Clock) -> AsyncIterator[Binding]:
    store = SqliteStore.in_memory(clock)
    yield KVNamespace(store)
    await store.close()


@asynccontextmanager
async def memory(folder: Path, clock: Clock) -> AsyncIterator[Binding]:
    yield KVNamespace(MemoryStore(clock))


@asynccontextmanager
async def pooled(folder: Path, clock: Clock) -> AsyncIterator[Binding]:
    store = await SqliteStore.pooled(folder / "kv.sqlite", clock)
    yield KVNamespace(store)
    await store.close()


@asynccontextmanager
async def state_inline(folder: Path, clock: Clock) -> AsyncIterator[Binding]:
    store = StateStore(folder, "namespace", clock, opener=InlineDatabase.open)
    yield KVNamespace(store)
    await store.close()


@asynccontextmanager
async def state_pooled(folder: Path, clock: Clock) -> AsyncIterator[Binding]:
    store = StateStore(folder, "namespace", clock, opener=PooledDatabase.open)
    yield KVNamespace(store)
    await store.close()


WAYS: dict[str, Way] = {
    "inline": inline,
    "memory": memory,
    "pooled": pooled,
    "state-inline": state_inline,
    "state-pooled": state_pooled,
}
