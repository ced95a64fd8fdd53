"""Turns: a layer in which operations wait until it is theirs to be carried out."""

from collections.abc import Awaitable
from typing import Any, Protocol

from kvstore.layers.invocation import Invocations
from kvstore.layers.layer import Around, Operation, T
from kvstore.store import Store, Verb


class Interleaving(Protocol):
    """Says whose operation is next."""

    def wait(self, request: str, verb: Verb, *keys: str) -> Awaitable[None]:
        """Wait for the turn of ``request``."""
        ...


class TakingTurns(Around):
    """A store around ``store`` in which every operation waits for its turn."""

    def __init__(self, store: Store, interleaving: Interleaving, invocations: Invocations) -> None:
        super().__init__(store)
        self.interleaving = interleaving
        self.invocations = invocations

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        invocation = self.invocations.current()
        keys = arguments[0] if verb == "get_many" else (key,)
        await self.interleaving.wait(invocation.name, verb, *keys)
        return await operation(*arguments)
