"""FormData of the workers module."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from worker.sdk.ffi.crossing import wrap
from worker.sdk.http.blob import Blob, File
from worker.sdk.http.headers import constructor_name
from worker.sdk.web.http.form_data import FormData as WebFormData


class FormData(MutableMapping[str, Any]):
    """The fields of a form; values are text, Blob or File.

    Made of nothing, a dict or a JavaScript FormData. Its quirks are the SDK's: a missing field is jsnull, and
    ``len()`` and ``bool()`` raise TypeError.
    """

    def __init__(self, form_data: Any = None) -> None:
        if constructor_name(form_data) == "FormData":
            self._js_form_data = form_data
            return
        self._js_form_data = wrap(WebFormData())
        if not form_data:
            return
        if not isinstance(form_data, dict):
            raise TypeError("Expected form_data to be a dict or an instance of FormData")
        for name, value in form_data.items():
            self.append(name, value)

    @property
    def js_object(self) -> Any:
        return self._js_form_data

    def __getitem__(self, key: str) -> Any:
        return _from_javascript(self._js_form_data.get(key))

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, list):
            raise TypeError("Expected single item in arguments to FormData.__setitem__")
        self._js_form_data.set(key, _to_javascript(value))

    def append(self, key: str, value: Any, filename: str | None = None) -> None:
        """Add a field, whether or not there is one of that name."""
        self._js_form_data.append(key, _to_javascript(value), filename)

    def delete(self, key: str) -> None:
        """Remove every field of that name."""
        self._js_form_data.delete(key)

    def __delitem__(self, key: str) -> None:
        self.delete(key)

    def __contains__(self, key: object) -> bool:
        return bool(self._js_form_data.has(key))

    def get_all(self, key: str) -> list[Any]:
        return [_from_javascript(value) for value in self._js_form_data.getAll(key)]

    def keys(self) -> Iterator[str]:  # type: ignore[override]
        yield from self._js_form_data.keys()

    def values(self) -> Iterator[Any]:  # type: ignore[override]
        for value in self._js_form_data.values():
            yield _from_javascript(value)

    def items(self) -> Iterator[tuple[str, Any]]:  # type: ignore[override]
        for name, value in self._js_form_data.entries():
            yield name, _from_javascript(value)

    def __iter__(self) -> Iterator[str]:
        return self.keys()

    def __len__(self) -> int:
        raise TypeError("object of type 'generator' has no len()")


def _to_javascript(value: Any) -> Any:
    return value.js_object if isinstance(value, Blob) else value


def _from_javascript(value: Any) -> Any:
    kind = constructor_name(value)
    if kind == "File":
        return File(value, value.name)
    return Blob(value) if kind == "Blob" else value
