"""``ctx.storage.kv``: the same keys and values, at once and without promises. Texts measured on workerd."""

from collections.abc import Iterator
from typing import Any, Final, Protocol

from kvstore.javascript.values import UNDEFINED, JsMap, Undefined, to_string
from worker.durable.gate import Settled
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.jsobject import JsObject

_NOT_ENABLED: Final = (
    "The storage.kv (synchronous KV) API is only available for SQLite-backed Durable Objects, but this "
    "object's namespace is not declared to use SQLite. You can use the older, asyncronous interface via "
    "methods of `storage` itself (e.g. `storage.get()`). Alternatively, to enable SQLite, change "
    "`new_classes` to `new_sqlite_classes` within the 'migrations' field in your wrangler.jsonc or "
    "wrangler.toml file. If using workerd directly, set `enableSql = true` in your workerd config for the "
    "class. Note that this change cannot be made after the class is already deployed to production."
)


class Promising(Protocol):
    """The storage that gives promises: what it does is done when it is called."""

    def get(self, key: Any) -> Settled: ...

    def put(self, key: Any, value: Any) -> Settled: ...

    def delete(self, key: Any) -> Settled: ...

    def list(self, options: Any) -> Settled: ...


class SyncKvStorage(JsObject):
    def __init__(self, storage: Promising, *, enabled: bool) -> None:
        self._kept = storage
        self._enabled = enabled

    @property
    def _storage(self) -> Promising:
        if not self._enabled:
            raise JsException("Error", _NOT_ENABLED)
        return self._kept

    def get(self, key: Any = UNDEFINED, *_: Any) -> Any:
        return self._storage.get(self._name("get", key)).value

    def put(self, key: Any = UNDEFINED, *given: Any) -> None:
        """Raises JsException without a value; undefined itself leaves nothing behind."""
        name = self._name("put", key)
        if not given:
            raise type_error(
                "Failed to execute 'put' on 'SyncKvStorage': parameter 2 is not of type 'JsValue'."
            )
        if isinstance(given[0], Undefined):
            self._storage.delete(name)
        else:
            self._storage.put(name, given[0])

    def delete(self, key: Any = UNDEFINED, *_: Any) -> bool:
        """Whether it was there."""
        was_there: bool = self._storage.delete(self._name("delete", key)).value
        return was_there

    def list(self, options: Any = UNDEFINED, *_: Any) -> Iterator[Any]:
        """Pairs of a key and its value, in the order of the keys' bytes; options as of ``storage.list``."""
        found: JsMap = self._storage.list(options).value
        return iter([[key, value] for key, value in found.items()])

    def _name(self, method: str, key: Any) -> str:
        if isinstance(key, Undefined):
            raise type_error(
                f"Failed to execute '{method}' on 'SyncKvStorage': parameter 1 is not of type 'string'."
            )
        return to_string(key)
