"""What a bulk request found, noted on its way."""

from collections.abc import Sequence

from kvstore.layers.layer import Layer
from kvstore.store import Entry, Store


class Noted(Layer):
    """Notes in ``found`` what get_many found: its answer has no expirations."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.found: dict[str, Entry] = {}

    async def get_many(self, keys: Sequence[str], cache_ttl: int | None = None) -> dict[str, Entry]:
        self.found = await self.store.get_many(keys, cache_ttl)
        return self.found
