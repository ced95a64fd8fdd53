"""Proxies with the Python protocols of their kind: sequences, mappings, buffers, functions, iterators.

Each is named JsProxy, as in Pyodide, where the classes below exist only for isinstance.
"""

from array import array
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from typing import Any

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import ArrayBuffer, JsMap
from worker.sdk.ffi.crossing import proxy_of, unwrap, wrap
from worker.sdk.ffi.errors import javascript_errors
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, PyObject
from worker.sdk.ffi.jsproxy import JsFunction, JsProxy, named_js_proxy


@named_js_proxy
class JsIterable(JsProxy):
    def __iter__(self) -> Iterator[Any]:
        return (wrap(item) for item in iterate(self._target))


@named_js_proxy
class JsIterator(JsIterable):
    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return wrap(next(self._target))


@named_js_proxy
class JsArray(JsIterable):
    def __len__(self) -> int:
        return len(self._target)

    def __getitem__(self, key: Any) -> Any:
        found = self._target[key]
        return wrap(found)

    def __setitem__(self, key: int, value: Any) -> None:
        self._target[key] = unwrap(value)

    def __delitem__(self, key: int) -> None:
        del self._target[key]

    def __contains__(self, item: object) -> bool:
        return any(found == item for found in self)

    def append(self, item: Any) -> None:
        self._target.append(unwrap(item))

    def extend(self, items: Iterable[Any]) -> None:
        self._target.extend(unwrap(item) for item in items)

    def index(self, item: Any) -> int:
        return list(self).index(item)

    def count(self, item: Any) -> int:
        return list(self).count(item)


@named_js_proxy
class JsMapping(JsProxy):
    def __len__(self) -> int:
        return len(self._target)

    def __iter__(self) -> Iterator[Any]:
        return (wrap(key) for key in self._target)

    def __contains__(self, key: object) -> bool:
        return unwrap(key) in self._target

    def __getitem__(self, key: Any) -> Any:
        return wrap(self._target[unwrap(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._target[unwrap(key)] = unwrap(value)

    def __delitem__(self, key: Any) -> None:
        del self._target[unwrap(key)]

    def get(self, key: Any, default: Any = None) -> Any:
        found = self._target.get(unwrap(key), default)
        return default if found is default else wrap(found)

    def items(self) -> list[tuple[Any, Any]]:
        return [(wrap(key), wrap(value)) for key, value in self._target.items()]


@named_js_proxy
class JsSet(JsIterable):
    def __len__(self) -> int:
        return len(self._target)

    def __contains__(self, item: object) -> bool:
        return unwrap(item) in self._target


@named_js_proxy
class JsBuffer(JsProxy):
    """An ArrayBuffer or a typed array."""

    def to_bytes(self) -> bytes:
        """A copy of the bytes."""
        return memoryview(self._target).tobytes()

    def to_memoryview(self) -> memoryview:
        return memoryview(self._target)

    def to_string(self, encoding: str = "utf-8") -> str:
        return self.to_bytes().decode(encoding)

    def __bool__(self) -> bool:
        return len(self.to_bytes()) > 0


@named_js_proxy
class JsTypedArray(JsBuffer, JsArray):
    def __iter__(self) -> Iterator[Any]:
        return iter(memoryview(self._target).tolist())

    def __getitem__(self, key: Any) -> Any:
        found = memoryview(self._target)[key]
        return wrap(bytes(found) if isinstance(found, memoryview) else found)


@named_js_proxy
class JsAsyncIterable(JsProxy):
    async def __aiter__(self) -> AsyncIterator[Any]:
        with javascript_errors():
            async for chunk in self._target:
                yield wrap(chunk)


@named_js_proxy
class JsDoubleProxy(JsProxy):
    """What create_proxy gives: a Python object held for JavaScript."""

    def unwrap(self) -> Any:
        return wrap(self._target)

    def destroy(self) -> None:
        """Nothing is held that Python would not free by itself."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unwrap(), name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self.unwrap()(*arguments, **options)


@proxy_of.register
def _(target: JsObject) -> Any:
    return JsIterable(target) if target.js_iterable else JsProxy(target)


@proxy_of.register
def _(target: type) -> Any:
    return JsFunction(target) if issubclass(target, JsObject) else target


@proxy_of.register
def _(target: list) -> Any:  # type: ignore[type-arg]
    return JsArray(target)


@proxy_of.register
def _(target: tuple) -> Any:  # type: ignore[type-arg]
    return JsArray(list(target))


for _types, _kind in {
    (dict, datetime): JsProxy,
    (JsMap,): JsMapping,
    (set, frozenset): JsSet,
    (ArrayBuffer,): JsBuffer,
    (bytes, bytearray, memoryview, array): JsTypedArray,
    (ReadableStream,): JsAsyncIterable,
    (Iterator,): JsIterator,
}.items():
    for _type in _types:
        proxy_of.register(_type, _kind)


def create_proxy(obj: Any, /, **_: Any) -> JsDoubleProxy:
    """``pyodide.ffi.create_proxy``: hold ``obj`` for JavaScript."""
    return JsDoubleProxy(PyObject(obj))


def destroy_proxies(proxies: Any, /) -> None:
    """``pyodide.ffi.destroy_proxies``: Python frees by itself what they hold."""
