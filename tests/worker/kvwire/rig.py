"""A real Worker whose namespaces are on our server, and the stores that they are just now."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from kvstore import KVError, KVRangeError, KVSyntaxError, KVTypeError, SqliteStore, StateStore
from kvstore.clock import Clock
from kvstore.stores.memory import MemoryStore
from tests.kvstore.test_recordings import make_store
from worker.kvwire import StatusTextProtocol, create_kv_app
from worker.serving import bind, serve

from .workerd import RealWorker, running


class Rig:
    """``worker`` carries out operations on the stores of the namespaces ``main`` and ``other``."""

    def __init__(self) -> None:
        self.stores: dict[str, SqliteStore | MemoryStore | StateStore] = {}
        self.worker: RealWorker

    def store(self, namespace: str) -> SqliteStore | MemoryStore | StateStore:
        return self.stores[namespace]

    async def refill(self, kind: str, folder: Path, clock: Clock) -> None:
        """Empty stores of that kind, for the next test."""
        await self.close()
        for name in ("main", "other"):
            self.stores[name] = await make_store(kind, folder, name, clock)

    async def close(self) -> None:
        for store in self.stores.values():
            await store.close()
        self.stores.clear()


@asynccontextmanager
async def open_rig(folder: Path) -> AsyncIterator[Rig]:
    """Our server and a workerd beside it; skips where there is no workerd."""
    rig = Rig()
    async with AsyncExitStack() as stack:
        app = create_kv_app(rig.store)
        url = await stack.enter_async_context(serve(app, bind("127.0.0.1", 0), StatusTextProtocol))
        rig.worker = await stack.enter_async_context(running(folder, url))
        yield rig
        await rig.close()


def as_error(recorded: dict[str, str]) -> KVError:
    """An error that the Worker saw, as the binding in Python raises it."""
    kinds = {kind.name: kind for kind in (KVRangeError, KVSyntaxError, KVTypeError)}
    error = kinds.get(recorded["name"], KVError)(recorded["message"])
    error.name = recorded["name"]
    return error
