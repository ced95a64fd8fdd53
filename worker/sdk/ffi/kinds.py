"""Proxies with the Python protocols of their kind: sequences, mappings, buffers, functions, iterators.

Each is named JsProxy, as in Pyodide, where the classes below exist only for isinstance.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import ArrayBuffer, JsMap
from worker.sdk.ffi.errors import javascript_errors, type_error
from worker.sdk.ffi.jsobject import JsObject, PyObject
from worker.sdk.ffi.jsproxy import JsProxy, call, iterate, unwrap, wrap

Kind = TypeVar("Kind", bound=type[JsProxy])


def _named_js_proxy(kind: Kind) -> Kind:
    kind.__name__ = kind.__qualname__ = "JsProxy"
    kind.__module__ = "pyodide.ffi"
    return kind


@_named_js_proxy
class JsFunction(JsProxy):
    """A function or a class of JavaScript; a class makes instances with ``new``."""

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        function = self._target
        if isinstance(function, type):
            function = getattr(function, "js_call", None) or _refuse_call(function)
        return call(function, arguments, options)

    def new(self, *arguments: Any, **options: Any) -> Any:
        """``new Class(…)``; keyword arguments are one object in last place."""
        construct = getattr(self._target, "js_construct", None)
        if construct is None:
            raise type_error("This function is not a constructor")
        return call(construct, arguments, options)

    @property
    def name(self) -> str:
        return str(getattr(self._target, "js_name", None) or self._target.__name__.removesuffix("_"))

    @property
    def typeof(self) -> str:
        return "function"

    def __repr__(self) -> str:
        return f"function {self.name}() {{ [native code] }}"


def _refuse_call(kind: type) -> Callable[..., Any]:
    name = getattr(kind, "js_name", kind.__name__)
    raise type_error(
        f"Failed to construct '{name}': Please use the 'new' operator, this object constructor cannot be "
        "called as a function."
    )


@_named_js_proxy
class JsIterable(JsProxy):
    def __iter__(self) -> Iterator[Any]:
        return (wrap(item) for item in iterate(self._target))


@_named_js_proxy
class JsIterator(JsIterable):
    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return wrap(next(self._target))


@_named_js_proxy
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


@_named_js_proxy
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


@_named_js_proxy
class JsSet(JsIterable):
    def __len__(self) -> int:
        return len(self._target)

    def __contains__(self, item: object) -> bool:
        return unwrap(item) in self._target


@_named_js_proxy
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


@_named_js_proxy
class JsTypedArray(JsBuffer, JsArray):
    def __iter__(self) -> Iterator[Any]:
        return iter(memoryview(self._target).tolist())

    def __getitem__(self, key: Any) -> Any:
        found = memoryview(self._target)[key]
        return wrap(bytes(found) if isinstance(found, memoryview) else found)


@_named_js_proxy
class JsAsyncIterable(JsProxy):
    async def __aiter__(self) -> AsyncIterator[Any]:
        with javascript_errors():
            async for chunk in self._target:
                yield wrap(chunk)


@_named_js_proxy
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


def proxy_of(target: Any) -> Any:
    """The proxy of what is no JsObject, by its kind; a Python function is its own."""
    if isinstance(target, type):
        return JsFunction(target) if issubclass(target, JsObject) else target
    if isinstance(target, list | tuple):
        return JsArray(target if isinstance(target, list) else list(target))
    if isinstance(target, JsMap):
        return JsMapping(target)
    if isinstance(target, set | frozenset):
        return JsSet(target)
    if isinstance(target, ArrayBuffer):
        return JsBuffer(target)
    if isinstance(target, bytes | bytearray | memoryview) or type(target).__module__ == "array":
        return JsTypedArray(target)
    if isinstance(target, ReadableStream):
        return JsAsyncIterable(target)
    if isinstance(target, Iterator):
        return JsIterator(target)
    return JsProxy(target) if isinstance(target, dict | datetime) else target


def create_proxy(obj: Any, /, **_: Any) -> JsDoubleProxy:
    """``pyodide.ffi.create_proxy``: hold ``obj`` for JavaScript."""
    return JsDoubleProxy(PyObject(obj))


def destroy_proxies(proxies: Any, /) -> None:
    """``pyodide.ffi.destroy_proxies``: Python frees by itself what they hold."""
