"""How Python values reach a binding, and how its answers come back."""

import inspect
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Final

from kvstore.javascript.json_text import in_member_order
from kvstore.javascript.values import JsMap
from worker.sdk.ffi.crossing import jsnull, unwrap, wrap
from worker.sdk.ffi.date import at
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsproxy import JsProxy
from worker.sdk.ffi.plain import Object
from worker.sdk.ffi.to_js import to_js
from worker.sdk.http.blob import Blob, File
from worker.sdk.http.form_data import FormData
from worker.sdk.http.headers import constructor_name
from worker.sdk.http.request import Request
from worker.sdk.http.response import Response

# They are the same on both sides.
SCALARS: Final = frozenset({str, int, bool, NoneType})
_TEXT: Final = {str}


class JsDict(dict[Any, Any]):
    """A JavaScript object as a dict whose members are attributes too; dict's own names win."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def python_to_rpc(value: Any) -> Any:
    """``value`` for a binding: None is null, dict an object, datetime a Date, an exception an Error.

    Raises TypeError for tuples, bytearrays and awaitables, wherever they are, ConversionError for a dict key
    that is not a primitive.
    """
    if value is None:
        return jsnull
    _refuse(value)
    return to_js(
        _with_nulls(value), dict_converter=wrap(Object).fromEntries, default_converter=_default_to_javascript
    )


def python_from_rpc(obj: Any) -> Any:
    """A binding's answer: objects are JsDict, buffers memoryview, null and undefined None.

    Responses, requests, forms and blobs become the classes of the workers module, a Date a naive local
    datetime, an Error an Exception with its text.
    """
    if obj is jsnull:
        return None
    if isinstance(obj, JsException):
        return _default_to_python(obj, None, None)
    if not isinstance(obj, JsProxy):
        return obj
    return _without_nulls(obj.to_py(default_converter=_default_to_python))


def plain_argument(value: Any) -> Any:
    """An argument by its JavaScript value: what `python_to_rpc` makes, without the proxy.

    JSON, which nearly every argument is, is converted at once.
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is list:
        return [plain_argument(item) for item in value]
    if (kind is dict or kind is JsDict) and {*map(type, value)} <= _TEXT:
        return in_member_order({name: plain_argument(member) for name, member in value.items()})
    return unwrap(python_to_rpc(value))


def plain_answer(value: Any) -> Any:
    """A binding's answer by its JavaScript value: what `python_from_rpc` makes of its proxy.

    JSON, which nearly every answer is, is converted at once, without a proxy for each of its containers.
    """
    kind = type(value)
    if kind in SCALARS:
        return value
    if kind is dict:
        if SCALARS.issuperset(map(type, value.values())):
            return JsDict(value)
        members = value.items()
        return JsDict({name: one if type(one) in SCALARS else plain_answer(one) for name, one in members})
    if kind is JsMap:
        return JsDict(
            {
                key if type(key) is str else wrap(key): one if type(one) in SCALARS else plain_answer(one)
                for key, one in value.items()
            }
        )
    if kind is list:
        return [item if type(item) in SCALARS else plain_answer(item) for item in value]
    return python_from_rpc(wrap(value))


def _refuse(value: Any) -> None:
    if callable(value) and not isinstance(value, type):
        return
    if isinstance(value, tuple | bytearray):
        raise TypeError(f"{type(value)} cannot be sent over RPC.")
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()  # nobody will await it any more
        raise TypeError(f"Awaitable {type(value)} cannot be sent over RPC.")
    if isinstance(value, dict):
        for member in value.values():
            _refuse(member)
    elif isinstance(value, list | set | frozenset):
        for item in value:
            _refuse(item)


def _with_nulls(value: Any) -> Any:
    """``value`` with jsnull for every None: left alone, those would become undefined."""
    if value is None:
        return jsnull
    if isinstance(value, dict):
        return {name: _with_nulls(member) for name, member in value.items()}
    return [_with_nulls(item) for item in value] if isinstance(value, list) else value


def _without_nulls(value: Any) -> Any:
    if value is jsnull:
        return None
    if isinstance(value, dict):
        return JsDict({name: _without_nulls(member) for name, member in value.items()})
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _default_to_javascript(value: Any, _convert: Any, _cache: Any) -> Any:
    if hasattr(value, "js_object"):
        return value.js_object
    if isinstance(value, datetime):
        return wrap(at(value.timestamp() * 1000))
    return JsException("Error", str(value)) if isinstance(value, Exception) else value


def _default_to_python(value: Any, _convert: Any, _cache: Any) -> Any:
    if isinstance(value, JsException):
        return Exception(str(value)) if value.name == "Error" else value
    kind = constructor_name(value)
    if kind == "Date":
        # Naive and local, as the SDK makes it.
        return datetime.fromtimestamp(value.getTime() / 1000, UTC).astimezone().replace(tzinfo=None)
    if kind == "File":
        return File(value, value.name)
    classes: dict[str | None, Any] = {
        "Response": Response,
        "Request": Request,
        "FormData": FormData,
        "Blob": Blob,
    }
    return classes[kind](value) if kind in classes else value
