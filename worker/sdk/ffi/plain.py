"""The JavaScript classes Object, Function, Error, Number and String."""

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from kvstore.javascript.json_text import in_member_order
from kvstore.javascript.values import JsMap, Undefined, to_number, to_string
from worker.sdk.ffi.errors import JsException, type_error
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, is_visible, view_of


class Object(JsObject):
    """A plain object: a dict with string keys."""

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    @classmethod
    def js_construct(cls, *arguments: Any) -> Any:
        given = arguments[0] if arguments else None
        return {} if given is None or isinstance(given, Undefined) else given

    def hasOwnProperty(self, name: Any) -> bool:
        return to_string(name) in self._members

    @staticmethod
    def fromEntries(entries: Any) -> dict[str, Any]:
        """An object from pairs; integer-like names come first, as JavaScript keeps them."""
        members = {}
        for pair in iterate(entries):
            name, value = (*iterate(pair), Undefined(), Undefined())[:2]
            members[to_string(name)] = value
        return in_member_order(members)

    @staticmethod
    def keys(value: Any) -> list[str]:
        return list(_own(value))

    @staticmethod
    def values(value: Any) -> list[Any]:
        return list(_own(value).values())

    @staticmethod
    def entries(value: Any) -> list[list[Any]]:
        return [[name, member] for name, member in _own(value).items()]

    @staticmethod
    def assign(target: Any, *sources: Any) -> Any:
        for source in sources:
            target.update(_own(source))
        return target


def _own(value: Any) -> dict[str, Any]:
    """The own enumerable members of a value."""
    if value is None or isinstance(value, Undefined):
        raise type_error("Cannot convert undefined or null to object")
    if isinstance(value, dict) and not isinstance(value, JsMap):
        return value
    if isinstance(value, list | tuple | str):
        return {str(index): item for index, item in enumerate(value)}
    return {}


view_of.register(dict, Object)


class Function(JsObject):
    """A function; of a class, the static methods are its properties."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __getattr__(self, name: str) -> Any:
        # A static method that shares its name with a method of the instances is written with an underscore.
        for own_name in (name, name + "_"):
            static = inspect.getattr_static(self._function, own_name, None) if is_visible(name) else None
            if isinstance(static, staticmethod | classmethod):
                return getattr(self._function, own_name)
        raise AttributeError(name)

    def js_string(self) -> str:
        return f"function {self._function.__name__}() {{ [native code] }}"


view_of.register(object, Function)


class JsError(JsObject):
    """JavaScript's Error: made, it is a JsException."""

    js_name: ClassVar[str] = "Error"

    @classmethod
    def js_construct(cls, *arguments: Any) -> JsException:
        given = [argument for argument in arguments[:1] if not isinstance(argument, Undefined)]
        return JsException(cls.js_name, to_string(given[0]) if given else "")


class JsTypeError(JsError):
    js_name = "TypeError"


class JsRangeError(JsError):
    js_name = "RangeError"


class JsSyntaxError(JsError):
    js_name = "SyntaxError"


class Conversion(JsObject):
    """A function that is called with ``new`` or without: its objects are plain values here."""

    js_call: ClassVar[Callable[..., Any]]

    @classmethod
    def js_construct(cls, *arguments: Any) -> Any:
        return cls.js_call(*arguments)


class Number(Conversion):
    @staticmethod
    def js_call(value: Any = 0, *_: Any) -> float:
        return to_number(value)


class String(Conversion):
    @staticmethod
    def js_call(value: Any = "", *_: Any) -> str:
        return to_string(value)
