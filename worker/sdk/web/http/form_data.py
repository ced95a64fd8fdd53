"""FormData: the fields of a form, in order, text or files."""

from typing import Any

from kvstore.javascript.values import UNDEFINED, Undefined, to_string
from worker.sdk.web.blob import Blob, File
from worker.sdk.web.fields import Fields


class FormData(Fields[str | File]):
    """``new FormData()``; a blob becomes a File, named after its field if it has no name (as in workerd)."""

    def __init__(self, *_: Any) -> None:
        self.js_fields = []

    def append(self, name: Any, value: Any, filename: Any = UNDEFINED) -> None:
        self.js_fields.append((to_string(name), _field(to_string(name), value, filename)))

    def set(self, name: Any, value: Any, filename: Any = UNDEFINED) -> None:
        key = to_string(name)
        self.js_put(key, _field(key, value, filename))

    def delete(self, name: Any) -> None:
        self.js_fields = [field for field in self.js_fields if field[0] != to_string(name)]


def _field(name: str, value: Any, filename: Any) -> str | File:
    if not isinstance(value, Blob):
        return to_string(value)
    if isinstance(value, File) and isinstance(filename, Undefined):
        return value
    return File([value], name if isinstance(filename, Undefined) else filename, {"type": value.type})
