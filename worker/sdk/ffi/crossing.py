"""How one value crosses between Python and JavaScript: converted if it is primitive, else wrapped.

It never looks inside a container: worker.sdk.ffi.to_js and to_py do. Facts from Pyodide 0.28: null arrives
as jsnull, undefined as None; a whole number that is safe arrives as int.
"""

import inspect
from collections.abc import Awaitable, Callable
from functools import singledispatch
from typing import Any, Final, final

from kvstore.javascript.values import MAX_SAFE_INTEGER, UNDEFINED, BigInt, Undefined
from worker.sdk.ffi.errors import JsException, javascript_errors
from worker.sdk.ffi.jsobject import JsObject, PyObject


@final
class JsNull:
    """The type of `jsnull`: false, and equal only to itself."""

    __module__ = "pyodide.ffi"

    def __repr__(self) -> str:
        return "jsnull"

    def __bool__(self) -> bool:
        return False


jsnull: Final = JsNull()


class Proxy:
    """What Python holds for a JavaScript object, which is ``_target``."""

    _target: Any


@singledispatch
def proxy_of(target: Any) -> Any:
    """The proxy of ``target``, by its type. worker.sdk.ffi.kinds registers them; anything else is its own."""
    return target


# Asked at every crossing: a tuple is made once, a union of types each time.
_UNCHANGED_THERE: Final = (bool, float, JsException)
_UNCHANGED_HERE: Final = (str, int, Proxy, JsNull, JsException)


def unwrap(value: Any) -> Any:
    """One Python value as an argument of JavaScript."""
    if type(value) is str:
        return value
    if value is None:
        return UNDEFINED
    if isinstance(value, JsNull):
        return None
    if isinstance(value, Proxy):
        return value._target
    if isinstance(value, _UNCHANGED_THERE):
        return value
    if isinstance(value, int):
        return value if isinstance(value, BigInt) else int(value)
    if isinstance(value, str):
        return str.__str__(value)
    # A function stays one, so that JavaScript can call it; anything else is opaque there.
    return value if callable(value) and not isinstance(value, type) else PyObject(value)


def wrap(value: Any) -> Any:
    """One JavaScript value as Python sees it."""
    if type(value) is str:
        return value
    if isinstance(value, JsObject):
        return value.js_unwrap() if isinstance(value, PyObject) else proxy_of(value)
    if isinstance(value, Undefined):
        return None
    if value is None:
        return jsnull
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER else value
    if isinstance(value, _UNCHANGED_HERE):
        return value
    return proxy_of(value)


def call(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call JavaScript from Python: keyword arguments become one object in last place.

    A result that is awaited later arrives as a coroutine. Raises JsException.
    """
    given = [unwrap(argument) for argument in arguments]
    if options:
        given.append({name: unwrap(value) for name, value in options.items()})
    with javascript_errors():
        result = function(*given)
    if isinstance(result, JsObject) or not inspect.isawaitable(result):
        return wrap(result)
    return settle(result)


async def settle(pending: Awaitable[Any]) -> Any:
    with javascript_errors():
        return wrap(await pending)
