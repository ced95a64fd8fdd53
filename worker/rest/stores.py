"""The stores of the namespaces that were asked for: opened when first needed, closed with the server."""

from collections.abc import Callable
from typing import Protocol

from kvstore.store import Store


class ClosableStore(Store, Protocol):
    """A store that holds files or connections."""

    async def close(self) -> None: ...


StoreOpener = Callable[[str], ClosableStore]


class OpenStores:
    """One store for each namespace id, made by ``opener``."""

    def __init__(self, opener: StoreOpener) -> None:
        self._opener = opener
        self._stores: dict[str, ClosableStore] = {}

    def of(self, namespace: str) -> ClosableStore:
        if namespace not in self._stores:
            self._stores[namespace] = self._opener(namespace)
        return self._stores[namespace]

    async def empty(self, namespace: str) -> None:
        """Delete every entry of a namespace, one by one: a running wrangler may have its files open."""
        store = self.of(namespace)
        while (page := await store.scan()).keys:
            for info in page.keys:
                await store.delete(info.name)

    async def close(self) -> None:
        for store in self._stores.values():
            await store.close()
        self._stores.clear()
