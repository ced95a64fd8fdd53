"""Every namespace of a state folder, opened when it is asked for."""

from pathlib import Path

from kvstore import StateStore
from kvstore.clock import Clock
from kvstore.pooled import PooledDatabase
from kvstore.state_store import Opener


class StateFolder:
    """The stores in the folder ``root`` (``<persist root>/v3/kv``), by namespace id.

    Calling it opens: one store for each id, which stays open until `close`. Nothing is created before it is
    written. Raises nothing; a database that cannot be used raises StateError when an operation asks it.
    """

    def __init__(self, root: Path, clock: Clock | None = None, opener: Opener = PooledDatabase.open) -> None:
        self.root = root
        self._clock = clock
        self._opener = opener
        self._stores: dict[str, StateStore] = {}

    def __call__(self, namespace: str) -> StateStore:
        store = self._stores.get(namespace)
        if store is None:
            store = StateStore(self.root, namespace, self._clock, opener=self._opener)
            self._stores[namespace] = store
        return store

    async def close(self) -> None:
        for store in self._stores.values():
            await store.close()
        self._stores.clear()
