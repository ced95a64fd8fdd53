"""JsProxy: a JavaScript object as Python sees it, and how one value crosses the border.

Behind every proxy is a value as kvstore.javascript writes it, or a JsObject. Crossing converts primitives and
wraps everything else; it never looks inside a container (worker.sdk.ffi.to_js and to_py do). Facts from
Pyodide 0.28: null arrives as jsnull, undefined as None; a whole number that is safe arrives as int.
"""

import inspect
import keyword
from collections.abc import Awaitable, Callable, Iterable, Iterator
from types import FunctionType, MethodType
from typing import Any, Final

from kvstore.javascript.values import MAX_SAFE_INTEGER, UNDEFINED, BigInt, JsMap, Undefined, to_string
from worker.sdk.ffi.errors import JsException, javascript_errors
from worker.sdk.ffi.jsnull import JsNull, jsnull
from worker.sdk.ffi.jsobject import JsObject, PyObject, is_visible


class JsProxy:
    """A JavaScript object: attributes are its properties, calls convert arguments and results.

    A missing property is an AttributeError, as in Pyodide. Subclasses in worker.sdk.ffi.kinds add the Python
    protocols that the object's kind has.
    """

    __module__ = "pyodide.ffi"
    __iter__: Any = None

    def __init__(self, target: Any) -> None:
        object.__setattr__(self, "_target", target)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return read_property(self._target, javascript_name(name))

    def __setattr__(self, name: str, value: object) -> None:
        write_property(self._target, javascript_name(name), unwrap(value))

    def __delattr__(self, name: str) -> None:
        if not isinstance(self._target, dict) or name not in self._target:
            raise AttributeError(name)
        del self._target[name]

    def __getitem__(self, key: Any) -> Any:
        raise TypeError("'pyodide.ffi.JsProxy' object is not subscriptable")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsProxy) and self._target is other._target

    def __hash__(self) -> int:
        return id(self._target)

    def __repr__(self) -> str:
        with javascript_errors():
            return to_string(self._target)

    @property
    def js_id(self) -> int:
        return id(self._target)

    @property
    def typeof(self) -> str:
        return "object"

    def to_py(self, *, depth: int = -1, default_converter: Any = None) -> Any:
        """Containers and buffers as Python values, ``depth`` levels deep (-1 for all)."""
        from worker.sdk.ffi.to_py import to_py

        return to_py(self._target, depth, default_converter)

    def object_keys(self) -> Any:
        return wrap(list(self._own_members()))

    def object_values(self) -> Any:
        return wrap(list(self._own_members().values()))

    def object_entries(self) -> Any:
        return wrap([[name, value] for name, value in self._own_members().items()])

    def _own_members(self) -> dict[str, Any]:
        plain = isinstance(self._target, dict) and not isinstance(self._target, JsMap)
        return dict(self._target) if plain else {}


# Asked at every crossing: a tuple is made once, a union of types each time.
_UNCHANGED_THERE: Final = (bool, float, JsException)
_UNCHANGED_HERE: Final = (str, int, JsProxy, JsNull, JsException)
_FUNCTIONS: Final = (MethodType, FunctionType)


def javascript_name(name: str) -> str:
    """``from_`` is ``from``: Pyodide lets a Python keyword be written with an underscore after it."""
    if not name.endswith("_"):
        return name
    stem = name[:-1]
    return stem if keyword.iskeyword(stem) or keyword.issoftkeyword(stem) else name


def read_property(target: Any, name: str) -> Any:
    """``target.name`` for Python. Raises AttributeError when there is no such property."""
    if isinstance(target, dict) and not isinstance(target, JsMap) and name in target:
        return wrap(target[name])
    view = target if isinstance(target, JsObject) else _view(target)
    if name == "constructor":
        return wrap(type(view))
    if not is_visible(name):
        raise AttributeError(name)
    # ``from`` is a name that Python can only define with an underscore after it.
    own_name = name + "_" if keyword.iskeyword(name) else name
    try:
        with javascript_errors():
            value = getattr(view, own_name)
    except AttributeError:
        raise AttributeError(name) from None
    return function_proxy(value) if isinstance(value, _FUNCTIONS) else wrap(value)


def _view(target: Any) -> JsObject:
    from worker.sdk.ffi.view import view_of

    return view_of(target)


def write_property(target: Any, name: str, value: Any) -> None:
    if isinstance(target, JsObject):
        if not is_visible(name):
            raise AttributeError(name)
        with javascript_errors():
            setattr(target, name, value)
    elif isinstance(target, dict) and not isinstance(target, JsMap):
        target[name] = value
    else:
        raise AttributeError(name)


def unwrap(value: Any) -> Any:
    """One Python value as an argument of JavaScript."""
    if type(value) is str:
        return value
    if value is None:
        return UNDEFINED
    if isinstance(value, JsNull):
        return None
    if isinstance(value, JsProxy):
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
        return _proxy_of_object(value)
    if isinstance(value, Undefined):
        return None
    if value is None:
        return jsnull
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= MAX_SAFE_INTEGER else value
    if isinstance(value, _UNCHANGED_HERE):
        return value
    from worker.sdk.ffi.kinds import proxy_of

    return proxy_of(value)


def _proxy_of_object(target: JsObject) -> Any:
    if isinstance(target, PyObject):
        return target.js_unwrap()
    if not target.js_iterable:
        return JsProxy(target)
    from worker.sdk.ffi.kinds import JsIterable

    return JsIterable(target)


def function_proxy(function: Callable[..., Any]) -> Any:
    from worker.sdk.ffi.kinds import JsFunction

    return JsFunction(function)


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
