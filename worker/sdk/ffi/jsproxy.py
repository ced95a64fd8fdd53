"""JsProxy: a JavaScript object as Python sees it.

Behind every proxy is a value as kvstore.javascript says, or a JsObject.
"""

import keyword
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, Final, TypeVar

from kvstore.javascript.values import JsMap, to_string
from worker.sdk.ffi.crossing import Proxy, call, unwrap, wrap
from worker.sdk.ffi.errors import javascript_errors, type_error
from worker.sdk.ffi.jsobject import JsObject, is_visible, view_of
from worker.sdk.ffi.to_py import to_py


class JsProxy(Proxy):
    """A JavaScript object: attributes are its properties, calls convert arguments and results.

    A missing property is an AttributeError, as in Pyodide. JsFunction below and the subclasses in
    worker.sdk.ffi.kinds add the Python protocols that the object's kind has.
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
    view = target if isinstance(target, JsObject) else view_of(target)
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
    return JsFunction(value) if isinstance(value, _FUNCTIONS) else wrap(value)


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


ProxyClass = TypeVar("ProxyClass", bound=type[JsProxy])


def named_js_proxy(kind: ProxyClass) -> ProxyClass:
    kind.__name__ = kind.__qualname__ = "JsProxy"
    kind.__module__ = "pyodide.ffi"
    return kind


@named_js_proxy
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
