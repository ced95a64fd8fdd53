"""The KV bindings of local development: namespaces in wrangler's own state folder."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kvstore import KVNamespace, StateStore
from kvstore.pooled import PooledDatabase
from kvstore.state_store import Opener
from worker.config import WorkerConfig


@dataclass(frozen=True)
class LocalNamespaces:
    """The KV bindings of a Worker, by name; bindings with one id share one store."""

    bindings: Mapping[str, KVNamespace]
    stores: Mapping[str, StateStore]

    async def sweep(self) -> int:
        """Remove the value files that crashes left behind (`StateStore.sweep`), and say how many."""
        return sum([await store.sweep() for store in self.stores.values()])

    async def close(self) -> None:
        for store in self.stores.values():
            await store.close()


def open_local(config: WorkerConfig, root: Path, opener: Opener = PooledDatabase.open) -> LocalNamespaces:
    """Open what ``config`` binds, in the state folder ``root``; nothing is created before it is written."""
    stores: dict[str, StateStore] = {}
    bindings: dict[str, KVNamespace] = {}
    for binding in config.kv_namespaces:
        store = stores.setdefault(binding.local_id, StateStore(root, binding.local_id, opener=opener))
        bindings[binding.binding] = KVNamespace(store)
    return LocalNamespaces(bindings, stores)
