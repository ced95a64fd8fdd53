"""A binding that notes what it refuses by itself: a journal below it does not see that."""

from collections.abc import Coroutine, MutableSequence
from typing import Any, TypeVar

from kvstore import Event, KVNamespace, Store
from kvstore.layers.invocation import Invocations
from kvstore.storage.storage import Storage
from kvstore.store import Verb

T = TypeVar("T")


class NotedNamespace(KVNamespace):
    """The binding over ``store``, which notes in ``asked`` what did not get as far as the store's journal.

    A key that is too long, an expiration that is too near, too much metadata: the Worker got that answer.
    ``strict`` is the storage layer that a JavaScript Worker gets in the place of the usual one.
    """

    def __init__(
        self,
        store: Store,
        invocations: Invocations,
        asked: MutableSequence[Event],
        name: str,
        strict: Storage | None = None,
    ) -> None:
        super().__init__(store)
        self.strict = strict
        self.invocations = invocations
        self._asked = asked
        self._name = name

    async def put(self, *arguments: Any, **options: Any) -> None:
        await self.noted("put", arguments, super().put(*arguments, **options))

    async def delete(self, *arguments: Any, **options: Any) -> None:
        await self.noted("delete", arguments, super().delete(*arguments, **options))

    async def get(self, *arguments: Any, **options: Any) -> Any:
        return await self.noted("get", arguments, super().get(*arguments, **options))

    async def list(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        found: dict[str, Any] = await self.noted("scan", (), super().list(*arguments, **options))
        return found

    async def noted(self, verb: Verb, arguments: tuple[Any, ...], operation: Coroutine[Any, Any, T]) -> T:
        """What ``operation`` gives; what it raises without having reached the store is noted."""
        invocation = self.invocations.current()
        before = invocation.operations
        try:
            return await operation
        except Exception as error:
            if invocation.operations == before:
                key = str(arguments[0]) if arguments else ""
                index, now = len(self._asked), self.store.clock.now_ms()
                self._asked.append(
                    Event.failed(index, now, invocation.name, verb, key, error, namespace=self._name)
                )
            raise
