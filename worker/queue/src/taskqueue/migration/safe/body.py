"""One value as it is stored: bytes and metadata, never parsed and written again."""

from dataclasses import dataclass
from typing import Any

from taskqueue.environment import KV
from taskqueue.javascript import parse
from taskqueue.listing import Shown


@dataclass(frozen=True, slots=True)
class Body:
    """``content`` is what get(…, "arrayBuffer") gives; a put takes it as it is."""

    content: Any
    metadata: Any

    @classmethod
    async def read(cls, kv: KV, key: str) -> "Body | None":
        """None for a key that is not there. One operation."""
        stored = await kv.getWithMetadata(key, "arrayBuffer")
        return None if stored["value"] is None else cls(stored["value"], stored["metadata"])

    @property
    def text(self) -> str:
        """As a get of text reads it, which leaves out a byte order mark."""
        return bytes(self.content).decode("utf-8-sig", "replace")

    @property
    def is_json(self) -> bool:
        """Whether ``get(…, "json")`` gives something for it, which replaces bytes that are no text."""
        return is_json(self.text)

    def same_bytes(self, other: "Body") -> bool:
        return bytes(self.content) == bytes(other.content)

    async def put(self, kv: KV, key: str, shown: Shown) -> None:
        """Write it under ``key``, to end when the listing says that the original ends."""
        options: dict[str, Any] = {} if self.metadata is None else {"metadata": self.metadata}
        if shown.expiration is not None:
            options["expiration"] = shown.expiration
        await kv.put(key, self.content, **options)


async def equal(kv: KV, left: tuple[str, str], right: tuple[str, str]) -> bool:
    """Whether two keys, each with its value as text, hold the same bytes.

    Text settles it, unless it shows that some bytes were no text: then two operations more.
    """
    if left[1] != right[1]:
        return False
    if "�" not in left[1]:
        return True
    bodies = [await Body.read(kv, key) for key, _ in (left, right)]
    return bodies[0] is not None and bodies[1] is not None and bodies[0].same_bytes(bodies[1])


def is_json(text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True
