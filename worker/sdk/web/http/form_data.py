"""FormData: the fields of a form, in order, text or files."""

from collections.abc import Callable, Iterator
from typing import Any

from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.blob import Blob, File


class FormData(JsObject):
    """``new FormData()``; a blob becomes a File, named after its field if it has no name (as in workerd)."""

    js_name = "FormData"

    def __init__(self, *_: Any) -> None:
        self.js_fields: list[tuple[str, str | File]] = []

    def append(self, name: Any, value: Any, filename: Any = UNDEFINED) -> None:
        self.js_fields.append((to_string(name), _field(to_string(name), value, filename)))

    def set(self, name: Any, value: Any, filename: Any = UNDEFINED) -> None:
        key = to_string(name)
        field = (key, _field(key, value, filename))
        first = next(
            (index for index, old in enumerate(self.js_fields) if old[0] == key), len(self.js_fields)
        )
        rest = [old for old in self.js_fields[first:] if old[0] != key]
        self.js_fields[first:] = [field, *rest]

    def delete(self, name: Any) -> None:
        self.js_fields = [field for field in self.js_fields if field[0] != to_string(name)]

    def has(self, name: Any) -> bool:
        return any(key == to_string(name) for key, _ in self.js_fields)

    def get(self, name: Any) -> str | File | None:
        return next((value for key, value in self.js_fields if key == to_string(name)), None)

    def getAll(self, name: Any) -> list[str | File]:
        return [value for key, value in self.js_fields if key == to_string(name)]

    def keys(self) -> Iterator[str]:
        return iter([name for name, _ in self.js_fields])

    def values(self) -> Iterator[str | File]:
        return iter([value for _, value in self.js_fields])

    def entries(self) -> Iterator[list[Any]]:
        return iter([[name, value] for name, value in self.js_fields])

    def forEach(self, callback: Callable[..., Any], *_: Any) -> None:
        for name, value in list(self.js_fields):
            callback(value, name, self)

    def __iter__(self) -> Iterator[list[Any]]:
        return self.entries()


def _field(name: str, value: Any, filename: Any) -> str | File:
    if not isinstance(value, Blob):
        return to_string(value)
    if isinstance(value, File) and isinstance(filename, Undefined):
        return value
    return File([value], name if isinstance(filename, Undefined) else filename, {"type": value.type})
