"""Every namespace of a state folder, opened when it is asked for."""

from collections import OrderedDict
from pathlib import Path
from typing import Final

from kvstore import StateStore
from kvstore.clock import Clock
from kvstore.sql.open_databases import OpenDatabases

_MOST_STORES: Final = 1000  # a store is small, but anybody may ask for any namespace


class StateFolder:
    """The stores in the folder ``root`` (``<persist root>/v3/kv``), by namespace id.

    Calling it gives the store, the same one for as long as it is asked for now and then; of the databases
    those that were asked last are open. Nothing is created before it is written. Raises nothing; a database
    that cannot be used raises StateError when an operation asks it.
    """

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self.root = root
        self._clock = clock
        self._databases = OpenDatabases()
        self._stores: OrderedDict[str, StateStore] = OrderedDict()

    def __call__(self, namespace: str) -> StateStore:
        store = self._stores.get(namespace)
        if store is None:
            store = StateStore(self.root, namespace, self._clock, opener=self._databases.open)
            self._stores[namespace] = store
            if len(self._stores) > _MOST_STORES:
                self._stores.popitem(last=False)
        self._stores.move_to_end(namespace)
        return store

    async def close(self) -> None:
        await self._databases.close()
        self._stores.clear()
