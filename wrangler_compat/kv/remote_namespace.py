"""A namespace in the account, through the Cloudflare API."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from kvstore.limits import LIMITS
from kvstore.store import Entry
from worker.cloudflare.entries import fetch_entries
from worker.cloudflare.values import Values
from wrangler_compat.kv.namespace import Listing, Namespace, PutOptions
from wrangler_compat.kv.session import Session

# The API takes ten times as many in one request; this is what wrangler sends.
BATCH: Final = 1000


class RemoteNamespace(Namespace):
    """The namespace ``id``. Nothing is asked, not even whose account it is, before the first operation."""

    def __init__(self, session: Session, id: str) -> None:
        self.id = id
        self._session = session
        self._values: Values | None = None

    async def values(self) -> Values:
        """The endpoints of this namespace. Raises CloudflareError without credentials or an account."""
        if self._values is None:
            account = await self._session.account()
            self._values = Values(self._session.client, account, self.id)
        return self._values

    async def keys(self, prefix: str = "", limit: int | None = None, cursor: str = "") -> Listing:
        return Listing(*await (await self.values()).keys(prefix, limit, cursor))

    async def get(self, key: str) -> bytes | None:
        return await (await self.values()).get(key)

    async def entries_of(self, keys: Sequence[Mapping[str, Any]]) -> AsyncIterator[dict[str, Entry]]:
        async for part in fetch_entries(await self.values(), keys):
            yield part

    async def damaged(self) -> list[str]:
        return []

    async def put(self, key: str, content: str | bytes, options: PutOptions) -> None:
        values = await self.values()
        await values.put(
            key, content, expiration=options.expiration, ttl=options.ttl, metadata=options.metadata
        )

    async def delete(self, key: str) -> None:
        await (await self.values()).delete(key)

    async def get_many(self, keys: list[str]) -> dict[str, Any]:
        """In requests of 100, which is what the API allows; wrangler sends all in one, and fails."""
        values = await self.values()
        found: dict[str, Any] = {}
        for start in range(0, max(1, len(keys)), LIMITS.bulk_get_keys):
            found |= await values.get_many(keys[start : start + LIMITS.bulk_get_keys])
        return found

    async def put_many(self, items: list[dict[str, Any]]) -> None:
        values = await self.values()
        for start in range(0, len(items), BATCH):
            self._progress("Uploaded", start, len(items))
            await values.put_many([*items[start : start + BATCH]])
        self._progress("Uploaded", len(items), len(items))

    async def delete_many(self, keys: list[str]) -> None:
        values = await self.values()
        for start in range(0, len(keys), BATCH):
            self._progress("Deleted", start, len(keys))
            await values.delete_many(keys[start : start + BATCH])
        self._progress("Deleted", len(keys), len(keys))

    def _progress(self, done: str, count: int, total: int) -> None:
        if total > BATCH:
            self._session.say(f"{done} {100 * count // total}% ({count:,} out of {total:,})")

    async def close(self) -> None:
        await self._session.close()
