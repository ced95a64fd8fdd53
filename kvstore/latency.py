"""Latency: a layer in which every operation takes time on the store's clock."""

from typing import Any

from kvstore.layer import Around, Operation, T
from kvstore.store import Store, Verb


class Latency(Around):
    """A store around ``store`` whose operations each take ``milliseconds`` before they begin."""

    def __init__(self, store: Store, milliseconds: int) -> None:
        super().__init__(store)
        self.milliseconds = milliseconds

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        if self.milliseconds:
            await self.clock.sleep(self.milliseconds / 1000)
        return await operation(*arguments)
