"""to_js: Python values as JavaScript values, containers and all."""

from collections.abc import Callable
from typing import Any

from kvstore.javascript.values import JsMap, byte_view
from worker.sdk.ffi.crossing import JsNull, unwrap, wrap
from worker.sdk.ffi.errors import ConversionError, JsException
from worker.sdk.ffi.jsobject import PyObject
from worker.sdk.ffi.jsproxy import JsProxy
from worker.sdk.ffi.kinds import JsDoubleProxy

DefaultConverter = Callable[[Any, Callable[[Any], Any], Callable[[Any, Any], None]], Any]


def to_js(
    obj: Any,
    /,
    *,
    depth: int = -1,
    pyproxies: Any = None,
    create_pyproxies: bool = True,
    dict_converter: Callable[[Any], Any] | None = None,
    default_converter: DefaultConverter | None = None,
    eager_converter: Any = None,
) -> Any:
    """``obj`` as JavaScript: list and tuple become Array, set Set, buffers typed arrays.

    A dict becomes a Map, or whatever ``dict_converter`` (usually ``Object.fromEntries``) makes of its
    entries. Other objects go to ``default_converter(obj, convert, cache)`` or cross as opaque proxies.
    Primitives and proxies come back as they are. Raises ConversionError for a key or object without a form.
    Source: pyodide.ffi.to_js of Pyodide 0.28.
    """
    converter = _Converter(dict_converter, default_converter, create_pyproxies)
    result = converter.convert(obj, depth)
    return JsDoubleProxy(result) if isinstance(result, PyObject) else wrap(result)


class _Converter:
    def __init__(
        self,
        dict_converter: Callable[[Any], Any] | None,
        default_converter: DefaultConverter | None,
        create_pyproxies: bool,
    ) -> None:
        self._dict = dict_converter
        self._default = default_converter
        self._create_pyproxies = create_pyproxies
        self._done: dict[int, Any] = {}

    def convert(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool | int | float | str | JsNull | JsProxy | JsException):
            return unwrap(value)
        if id(value) in self._done:
            return self._done[id(value)]
        if depth != 0:
            if isinstance(value, dict):
                return self._mapping(value, depth - 1)
            if isinstance(value, list | tuple):
                items: list[Any] = []
                self._done[id(value)] = items
                items.extend(self.convert(item, depth - 1) for item in value)
                return items
            if isinstance(value, set | frozenset):
                return {self.convert(item, depth - 1) for item in value}
            if byte_view(value) is not None:
                return value
        return self._other(value, depth)

    def _mapping(self, mapping: dict[Any, Any], depth: int) -> Any:
        for key in mapping:
            if not (key is None or isinstance(key, bool | int | float | str)):
                raise ConversionError(f"Cannot use {key!r} as a key for a Javascript Map")
        entries = JsMap()
        if self._dict is None:
            self._done[id(mapping)] = entries
        entries.update((unwrap(key), self.convert(value, depth)) for key, value in mapping.items())
        if self._dict is None:
            return entries
        return unwrap(self._dict(wrap([[key, value] for key, value in entries.items()])))

    def _other(self, value: Any, depth: int) -> Any:
        if self._default is not None:
            return unwrap(
                self._default(value, lambda inner: wrap(self.convert(inner, depth - 1)), self._cache)
            )
        if not self._create_pyproxies:
            raise ConversionError(f"No conversion known for {value!r}.")
        return unwrap(value)

    def _cache(self, source: Any, result: Any) -> None:
        self._done[id(source)] = unwrap(result)
