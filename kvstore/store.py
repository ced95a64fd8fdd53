"""What holds entries: the one protocol that stores, and layers around stores, implement."""

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from kvstore.clock import Clock


class Entry(NamedTuple):
    """A stored value with what belongs to it.

    ``expiration`` is in seconds since the UNIX epoch, None for never; ``metadata`` is JSON text or None.
    """

    value: bytes
    expiration: int | None = None
    metadata: str | None = None


class KeyInfo(NamedTuple):
    """A key as a listing shows it: everything but the value, with the units of Entry."""

    name: str
    expiration: int | None = None
    metadata: str | None = None


class Page(NamedTuple):
    """Part of a listing, in the order of the keys' UTF-8 bytes; ``complete`` when nothing follows."""

    keys: list[KeyInfo]
    complete: bool


# The operations of a store.
Verb = Literal["get", "get_many", "put", "delete", "scan"]


class Store(Protocol):
    """Holds the entries of one namespace.

    Keys are text without lone surrogates. Nothing is validated here: the binding does that before it asks.
    An entry is gone for get and get_many once ``expiration * 1000 <= clock.now_ms()``; a scan shows it up to
    and including that millisecond (measured on Miniflare). A put or a delete is acknowledged by returning,
    and is durable then. ``cache_ttl`` (seconds) matters only to layers that cache.
    """

    @property
    def clock(self) -> Clock: ...

    async def get(self, key: str, cache_ttl: int | None = None) -> Entry | None: ...

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        """The entries that exist among ``keys``."""
        ...

    async def put(self, key: str, entry: Entry) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def scan(self, prefix: str = "", after: str | None = None, limit: int = 1000) -> Page:
        """Up to ``limit`` keys that begin with ``prefix`` and come strictly after ``after``."""
        ...


def is_over(expiration: int | None, now_ms: int) -> bool:
    """Whether an entry that expires then, in seconds, is gone for a get at ``now_ms``."""
    return expiration is not None and expiration * 1000 <= now_ms
