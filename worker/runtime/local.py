"""The bindings of local development: KV, D1, R2 and Durable Objects in wrangler's own state folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kvstore import Clock, KVNamespace, StateStore, Store, StrictNamespace
from kvstore.sql.open_databases import OpenDatabases
from kvstore.stores.state import Opener
from worker.config import WorkerConfig
from worker.d1 import D1Database, DatabaseFolder, FolderDatabase, Service
from worker.durable import FolderDisk, Objects
from worker.r2 import BucketFolder
from worker.runtime.errors import LoadError

if TYPE_CHECKING:
    from worker.r2 import R2Bucket


@dataclass(frozen=True)
class LocalNamespaces:
    """What a Worker is bound to, by name; bindings with one id share one store.

    ``durable`` are its Durable Objects: their classes come with the Worker's code (`load_configured`).
    """

    bindings: Mapping[str, KVNamespace]
    stores: Mapping[str, StateStore]
    d1: Mapping[str, D1Database]
    databases: DatabaseFolder
    r2: "Mapping[str, R2Bucket]"
    buckets: BucketFolder
    durable: Mapping[str, Objects] = field(default_factory=dict)

    async def sweep(self) -> int:
        """Remove the value files that crashes left behind (`StateStore.sweep`), and say how many."""
        return sum([await store.sweep() for store in self.stores.values()])

    async def close(self) -> None:
        for store in self.stores.values():
            await store.close()
        await self.databases.close()
        await self.buckets.close()
        for objects in self.durable.values():
            objects.close()


# What a Worker sees of a store, which is that of the namespace with the id.
Seen = Callable[[str, Store], Store]


# The same of a database.
SeenDatabase = Callable[[str, FolderDatabase], Service]


def _as_it_is(namespace: str, store: Store) -> Store:
    return store


def _as_database(identity: str, database: FolderDatabase) -> Service:
    return database


def open_local(
    config: WorkerConfig,
    root: Path,
    opener: Opener | None = None,
    *,
    strict: bool = False,
    clock: Clock | None = None,
    seen: Seen = _as_it_is,
    seen_database: SeenDatabase = _as_database,
) -> LocalNamespaces:
    """Open what ``config`` binds, in the state folder ``root``; nothing is created before it is written.

    ``root`` is ``<persist root>/v3/kv``; D1 databases, R2 buckets and Durable Objects are beside it. With
    ``strict`` keys are listed as production may list them (kvstore.binding.strict). ``clock`` says what has
    expired, and ``seen`` puts layers between a store and the Worker, ``seen_database`` between a database and
    the Worker. Raises LoadError for a class of another Worker.
    """
    opener = opener or OpenDatabases().open
    namespace_of = StrictNamespace if strict else KVNamespace
    stores: dict[str, StateStore] = {}
    databases = DatabaseFolder(root.parent / "d1", clock)
    bindings: dict[str, KVNamespace] = {}
    buckets = BucketFolder(root.parent / "r2", clock)
    r2 = _buckets(config, buckets)
    d1 = {
        one.binding: D1Database(seen_database(one.local_id, databases(one.local_id)))
        for one in config.d1_databases
    }
    for binding in config.kv_namespaces:
        store = stores.setdefault(binding.local_id, StateStore(root, binding.local_id, clock, opener=opener))
        bindings[binding.binding] = namespace_of(seen(binding.local_id, store))
    durable = _durable(config, root.parent / "do", clock)
    return LocalNamespaces(bindings, stores, d1, databases, r2, buckets, durable)


def _buckets(config: WorkerConfig, folder: BucketFolder) -> dict[str, "R2Bucket"]:
    if not config.r2_buckets:
        return {}
    from worker.r2 import R2Bucket  # only then: it is a tenth of what starting `dev` takes

    return {one.binding: R2Bucket(folder(one.bucket)) for one in config.r2_buckets}


def _durable(config: WorkerConfig, root: Path, clock: Clock | None) -> dict[str, Objects]:
    """Bindings to one class share its objects."""
    classes: dict[str, Objects] = {}
    bound: dict[str, Objects] = {}
    for binding in config.durable_objects:
        if binding.script_name not in (None, config.name):
            raise LoadError(
                f"{config.path} binds {binding.name} to a class of the Worker {binding.script_name}: only "
                "classes of the Worker itself can be run here"
            )
        key = config.unique_key(binding.class_name)
        if key not in classes:
            classes[key] = Objects(key, disk=FolderDisk(root / key), sqlite=binding.sqlite, clock=clock)
        bound[binding.name] = classes[key]
    return bound
