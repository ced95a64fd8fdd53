"""What JavaScript iterates, as a Python iterator."""

from collections.abc import Iterable, Iterator
from typing import Any

from kvstore.javascript.values import JsMap
from worker.sdk.ffi.crossing import unwrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject, PyObject


def iterate(value: Any) -> Iterator[Any]:
    """What ``for (const item of value)`` gives.

    Raises JsException (TypeError) for what cannot be iterated.
    """
    if type(value) is list:
        return iter(value)
    if isinstance(value, PyObject) and isinstance(inner := value.js_unwrap(), Iterable):
        return (unwrap(item) for item in inner)
    if isinstance(value, JsMap):
        return ([key, item] for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset | Iterator | str):
        return iter(value)
    if isinstance(value, JsObject) and isinstance(value, Iterable):
        return iter(value)
    raise JsException("TypeError", "object is not iterable (cannot read property Symbol(Symbol.iterator))")
