"""What layers are made from, and the two plainest: another view of a store, and changes held back."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

from kvstore.store import Entry, Page, Store, Verb

T = TypeVar("T")

# An operation of a store as it is handed on, called with what follows it.
Operation = Callable[..., Coroutine[Any, Any, T]]


class Within(Generic[T]):
    """A ``with`` block in which ``variable`` is ``value``; no generator, since every request enters a few."""

    __slots__ = ("_token", "_value", "_variable")

    def __init__(self, variable: ContextVar[Any], value: T) -> None:
        self._variable = variable
        self._value = value

    def __enter__(self) -> T:
        self._token = self._variable.set(self._value)
        return self._value

    def __exit__(self, *_: object) -> None:
        self._variable.reset(self._token)


class Layer:
    """Hands everything on to ``store``, whose coroutines are its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        # No cached property: an object that has one has a slower way to all of its attributes.
        self.clock = store.clock

    def get(self, key: str, cache_ttl: int | None = None) -> Coroutine[Any, Any, Entry | None]:
        return self.store.get(key, cache_ttl)

    def get_many(
        self, keys: Sequence[str], cache_ttl: int | None = None
    ) -> Coroutine[Any, Any, dict[str, Entry]]:
        return self.store.get_many(keys, cache_ttl)

    def put(self, key: str, entry: Entry) -> Coroutine[Any, Any, None]:
        return self.store.put(key, entry)

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        return self.store.delete(key)

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        return self.store.scan(prefix, after, limit)


class Around(Layer):
    """Does the same around every operation: what `_around` says, which changes nothing here."""

    def get(self, key: str, cache_ttl: int | None = None) -> Coroutine[Any, Any, Entry | None]:
        return self._around("get", key, self.store.get, key, cache_ttl)

    def get_many(
        self, keys: Sequence[str], cache_ttl: int | None = None
    ) -> Coroutine[Any, Any, dict[str, Entry]]:
        return self._around("get_many", ",".join(keys), self.store.get_many, keys, cache_ttl)

    def put(self, key: str, entry: Entry) -> Coroutine[Any, Any, None]:
        return self._around("put", key, self.store.put, key, entry)

    def delete(self, key: str) -> Coroutine[Any, Any, None]:
        return self._around("delete", key, self.store.delete, key)

    def scan(
        self, prefix: str = "", after: str | None = None, limit: int = 1000
    ) -> Coroutine[Any, Any, Page]:
        return self._around("scan", prefix, self.store.scan, prefix, after, limit)

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        """``operation`` on ``key``: the prefix of a scan, the keys of a get_many with commas between them."""
        return await operation(*arguments)


class Preceded(Around):
    """Every operation waits for what ``before`` gives, and is carried out then."""

    def __init__(self, store: Store, before: Callable[[], Awaitable[None]]) -> None:
        super().__init__(store)
        self._before = before

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        await self._before()
        return await operation(*arguments)


class FromHere(Around):
    """``store`` as each location sees it: ``here`` gives the view of the location that asks."""

    def __init__(self, store: Store, here: Callable[[], Store]) -> None:
        super().__init__(store)
        self._here = here

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        found: T = await getattr(self._here(), verb)(*arguments)
        return found


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
