"""What a form and the parameters of a URL have alike."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from kvstore.javascript.values import to_string
from worker.sdk.ffi.jsobject import JsObject

Value = TypeVar("Value")


class Fields(JsObject, Generic[Value]):
    """Names with values, in order; a name may come more than once."""

    js_fields: list[tuple[str, Value]]

    def js_put(self, name: str, value: Value) -> None:
        """The first of the name gets the value, and the others are gone."""
        named = [place for place, (key, _) in enumerate(self.js_fields) if key == name]
        first = named[0] if named else len(self.js_fields)
        rest = [field for field in self.js_fields[first:] if field[0] != name]
        self.js_fields[first:] = [(name, value), *rest]

    def has(self, name: Any) -> bool:
        return any(key == to_string(name) for key, _ in self.js_fields)

    def get(self, name: Any) -> Value | None:
        return next((value for key, value in self.js_fields if key == to_string(name)), None)

    def getAll(self, name: Any) -> list[Value]:
        return [value for key, value in self.js_fields if key == to_string(name)]

    def keys(self) -> Iterator[str]:
        return iter([name for name, _ in self.js_fields])

    def values(self) -> Iterator[Value]:
        return iter([value for _, value in self.js_fields])

    def entries(self) -> Iterator[list[Any]]:
        return iter([[name, value] for name, value in self.js_fields])

    def forEach(self, callback: Callable[..., Any], *_: Any) -> None:
        for name, value in list(self.js_fields):
            callback(value, name, self)

    def __iter__(self) -> Iterator[list[Any]]:
        return self.entries()
