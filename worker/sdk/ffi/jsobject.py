"""JavaScript objects that are more than data, as Python classes.

A subclass is a JavaScript class. Its public attributes are JavaScript's properties, by their own camelCase
names; what begins with ``_`` or ``js_`` is ours and invisible from there. Arguments and results are written
as kvstore.javascript says: None is null, UNDEFINED is undefined.
"""

from functools import singledispatch
from typing import Any, ClassVar

from kvstore.javascript.values import UNDEFINED
from worker.sdk.ffi.errors import JsException


class JsObject:
    """An object of the emulated JavaScript; ``js_name`` is the name of its class, this one's if not said."""

    js_name: ClassVar[str] = "Object"
    js_iterable: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.js_name = vars(cls).get("js_name", cls.__name__)
        cls.js_iterable = hasattr(cls, "__iter__")

    @classmethod
    def js_construct(cls, *arguments: Any) -> Any:
        """``new Class(...arguments)``."""
        return cls(*arguments)

    def js_string(self) -> str:
        return f"[object {self.js_name}]"

    def toString(self) -> str:
        return self.js_string()


@singledispatch
def view_of(target: Any) -> JsObject:
    """An object with the properties that ``target`` has in JavaScript; its type is the constructor.

    The built-in classes beside this module register themselves for the values that they are made of.
    """
    raise NotImplementedError(f"worker.sdk.ffi has no JavaScript class for {type(target)}")


@view_of.register
def _(target: JsObject) -> JsObject:
    return target


class Absent(JsObject):
    """Raises JsException with ``error`` for whatever is asked of it."""

    js_name = "Object"

    def __init__(self, error: str) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "js_")):
            raise AttributeError(name)
        raise JsException("Error", self._error)


class PyObject(JsObject):
    """A Python object in JavaScript's hands: opaque there, itself again when it comes back."""

    js_name = "PyProxy"

    def __init__(self, wrapped: object) -> None:
        self._wrapped = wrapped

    def js_string(self) -> str:
        return str(self._wrapped)

    def js_unwrap(self) -> Any:
        return self._wrapped


def is_visible(name: str) -> bool:
    """Whether a Python attribute of a JsObject is a property in JavaScript."""
    return not name.startswith(("_", "js_"))


def option(options: Any, name: str) -> Any:
    """A member of an options object: UNDEFINED when it, or the object, is missing."""
    if isinstance(options, dict):
        return options.get(name, UNDEFINED)
    if isinstance(options, JsObject) and not isinstance(options, PyObject):
        return getattr(options, name, UNDEFINED)
    return UNDEFINED
