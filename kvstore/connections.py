"""Connections: a layer in which an invocation has only so many operations on their way at a time.

The others wait until one has ended; nothing fails. Source: the product's limits page, "Simultaneous open
connections": six for each invocation, KV's operations among them.
"""

from typing import Any

from kvstore.invocation import Invocations
from kvstore.layer import Around, Operation, T
from kvstore.places import Places
from kvstore.store import Store, Verb


class Connections(Around):
    """A store around ``store``; ``most`` operations of an invocation at a time, others without limit."""

    def __init__(self, store: Store, most: int, invocations: Invocations) -> None:
        super().__init__(store)
        self.most = most
        self.invocations = invocations

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        invocation = self.invocations.current()
        if invocation is None:
            return await operation(*arguments)
        places = invocation.connections
        if places is None:
            places = invocation.connections = Places(self.most)
        if not places.take():
            await places.wait()
        try:
            return await operation(*arguments)
        finally:
            places.leave()
