"""What a namespace does, in a dictionary and a clock.

Written from the product's rules alone, so that it can disagree with kvstore: nothing is imported from there.
Times are in milliseconds since the epoch, except where an argument says seconds.
"""

import base64
from dataclasses import dataclass, field
from typing import Any

PAGE = 1000
SHORTEST_LIFE = 60


class Refused(Exception):
    """The product would not take this."""


@dataclass
class Kept:
    value: bytes
    metadata: Any
    expires: int | None


@dataclass
class Model:
    """A namespace at the time ``now``."""

    now: int
    kept: dict[str, Kept] = field(default_factory=dict)

    def put(
        self,
        key: str,
        value: bytes,
        metadata: Any = None,
        ttl: int | None = None,
        expiration: int | None = None,
    ) -> None:
        """Replaces everything that was known of ``key``; ``ttl`` and ``expiration`` in seconds."""
        second = self.now // 1000
        if ttl is not None:
            expiration = second + ttl
        if expiration is not None and expiration < second + SHORTEST_LIFE:
            raise Refused(key)
        self.kept[key] = Kept(value, metadata, None if expiration is None else expiration * 1000)

    def get(self, key: str) -> Kept | None:
        """What a reader finds. Reading an entry that has expired removes it."""
        found = self.kept.get(key)
        if found is not None and found.expires is not None and found.expires <= self.now:
            del self.kept[key]
            return None
        return found

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    def list(self, prefix: str = "", limit: int = PAGE, after: str = "") -> dict[str, Any]:
        """One page behind the key ``after``, as `list` answers it.

        Removes what has expired, in the whole namespace; an entry still shows in the very millisecond in
        which it expires.
        """
        for key, kept in list(self.kept.items()):
            if kept.expires is not None and kept.expires < self.now:
                del self.kept[key]
        # No prefix with a NUL matches: the product's storage stops measuring there.
        names = [name for name in self.kept if name.startswith(prefix) and "\0" not in prefix]
        names = sorted((name for name in names if name.encode() > after.encode()), key=str.encode)
        page: dict[str, Any] = {
            "keys": [self._shown(name) for name in names[:limit]],
            "list_complete": len(names) <= limit,
        }
        if not page["list_complete"]:
            page["cursor"] = base64.b64encode(names[limit - 1].encode()).decode()
        return page | {"cacheStatus": None}

    def _shown(self, name: str) -> dict[str, Any]:
        kept = self.kept[name]
        shown: dict[str, Any] = {"name": name}
        if kept.expires is not None:
            shown["expiration"] = kept.expires // 1000
        if kept.metadata is not None:
            shown["metadata"] = kept.metadata
        return shown
