"""A namespace on this machine: wrangler's own state folder, through the binding."""

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from kvstore.binding.namespace import KVNamespace
from kvstore.clock import Clock
from kvstore.errors import KVError, StoreError
from kvstore.layers.layer import HeldBack
from kvstore.store import Entry
from kvstore.stores.state import StateStore
from wrangler_compat.cli.errors import CommandError, RefusedError
from wrangler_compat.kv.bulk_file import decode_base64
from wrangler_compat.kv.namespace import Listing, Namespace, PutOptions

T = TypeVar("T")

# Few enough that a running wrangler, which does not wait for the lock, seldom meets it.
_AT_ONCE: Final = 256


class LocalNamespace(Namespace):
    """The namespace ``id`` in the state folder ``root``."""

    def __init__(self, root: Path, id: str, clock: Clock) -> None:
        self.id = id
        self._store = StateStore(root, id, clock)
        self._binding = KVNamespace(self._store)

    async def keys(self, prefix: str = "", limit: int | None = None, cursor: str = "") -> Listing:
        options: dict[str, Any] = {"prefix": prefix, "cursor": cursor} | ({"limit": limit} if limit else {})
        keys: list[dict[str, Any]] = []
        while True:
            page = await _refusals(self._binding.list(options))
            keys += page["keys"]
            options["cursor"] = page.get("cursor", "")
            if limit or page["list_complete"]:
                return Listing(keys, options["cursor"])

    async def get(self, key: str) -> bytes | None:
        value: bytes | None = await _refusals(self._binding.get(key, "arrayBuffer"))
        return value

    async def entries_of(self, keys: Sequence[Mapping[str, Any]]) -> AsyncIterator[dict[str, Entry]]:
        for key in keys:
            entry = await _refusals(self._store.get(key["name"]))
            if entry is not None:
                yield {key["name"]: entry}

    async def damaged(self) -> list[str]:
        return await _refusals(self._store.damaged())

    async def put(self, key: str, content: str | bytes, options: PutOptions) -> None:
        await _put(self._binding, key, content, options)

    async def delete(self, key: str) -> None:
        await _refusals(self._binding.delete(key))

    async def get_many(self, keys: list[str]) -> dict[str, Any]:
        return {key: {"value": await _refusals(self._binding.get(key, "text"))} for key in keys}

    async def put_many(self, items: list[dict[str, Any]]) -> None:
        """In their order: what comes before an item that is refused stays written."""
        held = HeldBack(self._store)
        binding = KVNamespace(held)
        try:
            for item in items:
                value = decode_base64(item["value"]) if item.get("base64") else item["value"]
                options = PutOptions(item.get("expiration"), item.get("expiration_ttl"), item.get("metadata"))
                await _put(binding, item["key"], value, options)
        finally:
            await self._carry_out(held)

    async def delete_many(self, keys: list[str]) -> None:
        """As `put_many`."""
        held = HeldBack(self._store)
        binding = KVNamespace(held)
        try:
            for key in keys:
                await _refusals(binding.delete(key))
        finally:
            await self._carry_out(held)

    async def _carry_out(self, held: HeldBack) -> None:
        changes = list(held.changes.items())
        for start in range(0, len(changes), _AT_ONCE):
            await _refusals(self._store.change_many(dict(changes[start : start + _AT_ONCE])))

    async def close(self) -> None:
        await self._store.close()


async def _put(binding: KVNamespace, key: str, content: str | bytes, options: PutOptions) -> None:
    given = {"expiration": options.expiration, "expirationTtl": options.ttl, "metadata": options.metadata}
    members = {name: value for name, value in given.items() if value is not None}
    await _refusals(binding.put(key, content, members))


async def _refusals(work: Awaitable[T]) -> T:
    """Carry out one operation. Raises RefusedError with the store's words."""
    try:
        return await work
    except KVError as error:
        raise RefusedError(error.message) from error
    except StoreError as error:
        raise CommandError(str(error)) from error
