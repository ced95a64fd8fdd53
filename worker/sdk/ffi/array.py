"""The JavaScript class Array."""

from typing import Any

from kvstore.javascript.values import UNDEFINED, Undefined, to_number, to_string
from worker.sdk.ffi.iteration import iterate
from worker.sdk.ffi.jsobject import JsObject, view_of


class Array(JsObject):
    """The methods that examples use; Python's own sequence operations are in worker.sdk.ffi.kinds."""

    def __init__(self, items: Any) -> None:
        self._items = items

    @classmethod
    def js_construct(cls, *arguments: Any) -> list[Any]:
        if len(arguments) == 1 and isinstance(arguments[0], int):
            return [UNDEFINED] * arguments[0]
        return list(arguments)

    @classmethod
    def js_call(cls, *arguments: Any) -> list[Any]:
        return cls.js_construct(*arguments)

    @staticmethod
    def isArray(value: Any) -> bool:
        return isinstance(value, list | tuple)

    @staticmethod
    def of(*items: Any) -> list[Any]:
        return list(items)

    @staticmethod
    def from_(items: Any) -> list[Any]:
        return list(iterate(items))

    @property
    def length(self) -> int:
        return len(self._items)

    def js_string(self) -> str:
        return to_string(self._items)

    def push(self, *items: Any) -> int:
        self._items.extend(items)
        return len(self._items)

    def pop(self) -> Any:
        return self._items.pop() if self._items else UNDEFINED

    def at(self, index: Any) -> Any:
        position = int(to_number(index))
        return self._items[position] if -len(self._items) <= position < len(self._items) else UNDEFINED

    def slice(self, start: Any = UNDEFINED, end: Any = UNDEFINED) -> list[Any]:
        return list(self._items[_position(start) : _position(end)])

    def includes(self, item: Any) -> bool:
        return item in self._items

    def indexOf(self, item: Any) -> int:
        return self._items.index(item) if item in self._items else -1

    def join(self, separator: Any = UNDEFINED) -> str:
        between = "," if isinstance(separator, Undefined) else to_string(separator)
        return between.join(
            "" if item is None or item is UNDEFINED else to_string(item) for item in self._items
        )


for _type in (list, tuple):
    view_of.register(_type, Array)


def _position(index: Any) -> int | None:
    return None if isinstance(index, Undefined) else int(to_number(index))
