"""Changes that are checked first and carried out later, together."""

from kvstore.layers.layer import Layer
from kvstore.store import Entry, Store


class HeldBack(Layer):
    """Keeps puts and deletes in ``changes`` (None for a delete), the last of a key counts; reads pass.

    So that the storage layer can say what it refuses before anything is changed.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.changes: dict[str, Entry | None] = {}

    async def put(self, key: str, entry: Entry) -> None:
        self.changes[key] = entry

    async def delete(self, key: str) -> None:
        self.changes[key] = None
