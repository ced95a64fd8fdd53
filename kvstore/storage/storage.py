"""The storage layer: what it refuses, in the product's words and order, and what it does.

It is given options that are converted already. Two ways lead here: the binding in Python
(kvstore.binding.namespace), and the binding of a real workerd, over HTTP (worker.kvwire).
"""

from collections.abc import Coroutine
from typing import Any, Final, NamedTuple

from kvstore import messages
from kvstore.errors import KVSyntaxError
from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import UNDEFINED
from kvstore.limits import LIMITS, Limits
from kvstore.storage.bulk_get import bulk_get, check_cache_ttl
from kvstore.storage.cursor import decode_cursor, encode_cursor
from kvstore.storage.keys import check_checked_key, check_prefix, check_stored_key
from kvstore.storage.options import GetOptions
from kvstore.store import Entry, KeyInfo, Store

NO_JSON: Final = str(UNDEFINED)
"""What JavaScript writes for a function: the only metadata of the binding that is not JSON."""


class Lifetime(NamedTuple):
    """When an entry shall expire, as asked: epoch seconds, or seconds from now, which win; None is absent."""

    expiration: int | None = None
    ttl: int | None = None


class Listing(NamedTuple):
    """One page of keys; ``cursor`` leads to the next, None after the last."""

    keys: list[KeyInfo]
    cursor: str | None


class Storage:
    """One namespace as the storage layer serves it. Every refusal is a KVError with a status and a reason.

    What is refused for what it is, is refused when it is asked; the rest when it is awaited.

    ``bound``: KVNamespace asks, which has checked a key and written metadata as JavaScript does; neither is
    done again. Source of the behaviour: Miniflare 5's storage, recorded.
    """

    def __init__(self, store: Store, limits: Limits = LIMITS, *, bound: bool = False) -> None:
        self.store = store
        self.limits = limits
        self._bound = bound
        self._check_key = check_checked_key if bound else check_stored_key

    def get(self, key: str, cache_ttl: int | None = None) -> Coroutine[Any, Any, Entry | None]:
        """The entry, or None; ``cache_ttl`` in seconds, at least 30."""
        self._check_key("GET", key, self.limits)
        if cache_ttl is not None:
            check_cache_ttl(cache_ttl, self.limits)
        return self.store.get(key, cache_ttl)

    async def get_many(self, keys: list[str], options: GetOptions, *, with_metadata: bool) -> dict[str, Any]:
        """The values of up to 100 keys as JSON can hold them: see kvstore.storage.bulk_get."""
        return await bulk_get(self.store, keys, options, self.limits, with_metadata=with_metadata)

    def put(
        self, key: str, value: bytes, lifetime: Lifetime, metadata: str | None = None
    ) -> Coroutine[Any, Any, None]:
        """Replace the whole entry; ``metadata`` is JSON text, of at most 1024 bytes.

        Limits: expirations at least 60 seconds ahead, values of 25 MiB.
        """
        expiration, described = self.check_put(key, lifetime, metadata)
        if len(value) > self.limits.value_size:
            raise messages.long_value(len(value), self.limits.value_size)
        return self.store.put(key, Entry(value, expiration, described))

    def check_put(
        self, key: str, lifetime: Lifetime, metadata: str | None = None
    ) -> tuple[int | None, str | None]:
        """The expiration and the metadata of an entry to put. Raises KVError: this comes before its size."""
        self._check_key("PUT", key, self.limits)
        expiration = expiration_of(lifetime, self.store.clock.now_ms(), self.limits)
        return expiration, None if metadata is None else self._metadata(metadata)

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        """Remove the entry, whether or not it exists."""
        self._check_key("DELETE", key, self.limits)
        return self.store.delete(key)

    async def list(self, prefix: str = "", cursor: str | None = None, limit: int | None = None) -> Listing:
        """Up to ``limit`` keys, 1 to 1000, in the order of their UTF-8 bytes; "" is no prefix, no cursor."""
        self.check_list(prefix, limit)
        after = decode_cursor(cursor) if cursor else None
        page = await self.store.scan(prefix, after, limit or self.limits.list_keys)
        if "\0" in prefix:
            # SQLite measures a text up to its first NUL, so that the product's own comparison always fails.
            return Listing([], None)
        # A page that is empty and not the last leads to the first of the keys.
        last = page.keys[-1].name if page.keys else prefix[:-1] or "\0"
        return Listing(page.keys, None if page.complete else encode_cursor(last))

    def check_list(self, prefix: str, limit: int | None) -> None:
        """KVError: 400 for a limit that is not 1 to 1000, 414 for a prefix of more than 512 bytes."""
        if limit is not None and limit < 1:
            raise messages.short_list(limit)
        if limit is not None and limit > self.limits.list_keys:
            raise messages.long_list(limit, self.limits.list_keys)
        check_prefix(prefix, self.limits)

    def _metadata(self, text: str) -> str:
        size = len(text.encode())
        if size > self.limits.metadata_size:
            raise messages.long_metadata(size, self.limits.metadata_size)
        if self._bound and text != NO_JSON:
            return text
        try:
            return str(stringify(parse(text)))
        except KVSyntaxError as error:
            raise messages.broken("PUT") from error


def expiration_of(lifetime: Lifetime, now_ms: int, limits: Limits) -> int | None:
    """When an entry put now expires, in epoch seconds. Raises KVError (400) for less than 60 s ahead."""
    now = now_ms // 1000
    if lifetime.ttl is not None:
        if lifetime.ttl <= 0:
            raise messages.ttl_not_positive(lifetime.ttl)
        if lifetime.ttl < limits.minimum_ttl:
            raise messages.ttl_too_short(lifetime.ttl, limits.minimum_ttl)
        return now + lifetime.ttl
    if lifetime.expiration is not None:
        if lifetime.expiration <= now:
            raise messages.expiration_past(lifetime.expiration)
        if lifetime.expiration < now + limits.minimum_ttl:
            raise messages.expiration_too_near(lifetime.expiration, limits.minimum_ttl)
    return lifetime.expiration
