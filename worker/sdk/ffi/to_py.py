"""to_py: a JavaScript value as Python values, containers and all."""

from collections.abc import Callable
from typing import Any

from kvstore.javascript.values import ArrayBuffer
from worker.sdk.ffi.crossing import Proxy, wrap

DefaultConverter = Callable[[Any, Callable[[Any], Any], Callable[[Any, Any], None]], Any]


def to_py(target: Any, depth: int = -1, default_converter: DefaultConverter | None = None) -> Any:
    """``target`` converted ``depth`` levels deep (-1 for all): dict, list, set, memoryview.

    What has no such form goes to ``default_converter(proxy, convert, cache)``, or stays a JsProxy.
    """
    return _Converter(default_converter).convert(target, depth)


class _Converter:
    """Remembers what it has converted, so that a value that contains itself still does."""

    def __init__(self, default_converter: DefaultConverter | None) -> None:
        self._default = default_converter
        self._done: dict[int, Any] = {}

    def convert(self, value: Any, depth: int) -> Any:
        if id(value) in self._done:
            return self._done[id(value)]
        if depth != 0 and isinstance(value, dict | list | tuple | set | frozenset):
            return self._container(value, depth - 1)
        if (
            isinstance(value, ArrayBuffer | bytes | bytearray | memoryview)
            or type(value).__module__ == "array"
        ):
            return _buffer(memoryview(value))
        proxy = wrap(value)
        if self._default is None or not isinstance(proxy, Proxy | Exception):
            return proxy
        return self._default(proxy, lambda inner: self.convert(_target(inner), depth - 1), self._remember)

    def _remember(self, source: Any, result: Any) -> None:
        self._done[id(_target(source))] = result

    def _container(self, value: Any, depth: int) -> Any:
        if isinstance(value, dict):
            members: dict[Any, Any] = {}
            self._done[id(value)] = members
            members.update((wrap(name), self.convert(member, depth)) for name, member in value.items())
            return members
        if isinstance(value, list | tuple):
            items: list[Any] = []
            self._done[id(value)] = items
            items.extend(self.convert(item, depth) for item in value)
            return items
        return {self.convert(item, depth) for item in value}


def _buffer(source: Any) -> Any:
    """A copy that can be written to, as Pyodide gives."""
    return memoryview(bytearray(source.tobytes())).cast(source.format)


def _target(value: Any) -> Any:
    return value._target if isinstance(value, Proxy) else value
