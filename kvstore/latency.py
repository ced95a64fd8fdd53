"""Latency: a layer in which every operation takes time on the store's clock."""

from dataclasses import dataclass
from typing import Any

from kvstore.layer import Around, Operation, T
from kvstore.store import Store, Verb


@dataclass
class Latency(Around):
    """A store around ``store`` whose operations each take ``milliseconds`` before they begin."""

    store: Store
    milliseconds: int

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        if self.milliseconds:
            await self.clock.sleep(self.milliseconds / 1000)
        return await operation(*arguments)
