"""What the commands do with a namespace, wherever it is."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from kvstore.store import Entry


@dataclass(frozen=True, slots=True)
class PutOptions:
    """Times in seconds as they were given, NaN among them; ``metadata`` is an object, None for none."""

    expiration: float | None = None
    ttl: float | None = None
    metadata: Any = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Keys as ``list`` shows them; ``cursor`` is "" when nothing follows."""

    keys: list[dict[str, Any]]
    cursor: str = ""


class Namespace(Protocol):
    """One namespace. Every method raises CommandError with the text of the store or API that refused."""

    id: str

    async def keys(self, prefix: str = "", limit: int | None = None, cursor: str = "") -> Listing:
        """All keys, or ``limit`` of them."""
        ...

    async def get(self, key: str) -> bytes | None: ...

    async def entries(self) -> dict[str, Entry]:
        """Everything, byte for byte."""
        found: dict[str, Entry] = {}
        async for part in self.entries_of((await self.keys()).keys):
            found |= part
        return found

    def entries_of(self, keys: Sequence[Mapping[str, Any]]) -> AsyncIterator[dict[str, Entry]]:
        """The entries of ``keys``, which are as a listing describes them, in parts; without missing ones."""
        ...

    async def damaged(self) -> list[str]:
        """Keys that are left out everywhere because of what is wrong with them, each with that."""
        ...

    async def put(self, key: str, content: str | bytes, options: PutOptions) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def get_many(self, keys: list[str]) -> dict[str, Any]:
        """What ``bulk get`` prints: its form differs between the two worlds, in wrangler too."""
        ...

    async def put_many(self, items: list[dict[str, Any]]) -> None:
        """Write the items of a bulk file, in order."""
        ...

    async def delete_many(self, keys: list[str]) -> None: ...

    async def close(self) -> None: ...
