"""The ``js`` module: JavaScript's globals, as far as the examples of Python Workers use them."""

from collections.abc import Callable
from typing import Any

from worker.sdk.fetch import web_fetch
from worker.sdk.ffi.array import Array
from worker.sdk.ffi.buffer import ArrayBufferView, Uint8Array
from worker.sdk.ffi.collections import Map, Set
from worker.sdk.ffi.crossing import wrap
from worker.sdk.ffi.date import Date
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.ffi.jsproxy import JsFunction
from worker.sdk.ffi.plain import (
    JsError,
    JsRangeError,
    JsSyntaxError,
    JsTypeError,
    Number,
    Object,
    String,
)
from worker.sdk.ffi.stream import Stream
from worker.sdk.web.blob import Blob, File
from worker.sdk.web.builtins import JSON, Crypto, TextDecoder, TextEncoder, atob, btoa
from worker.sdk.web.console import Console
from worker.sdk.web.form_data import FormData
from worker.sdk.web.headers import Headers
from worker.sdk.web.request import Request
from worker.sdk.web.response import Response
from worker.sdk.web.search_params import URLSearchParams
from worker.sdk.web.url import URL


def javascript_globals() -> dict[str, Any]:
    """Every global by its name; classes have ``new``. What is not emulated is missing."""
    classes: tuple[type[JsObject], ...] = (
        *(Array, ArrayBufferView, Date, Map, Number, Object, Set, Stream, String, Uint8Array),
        *(JsError, JsRangeError, JsSyntaxError, JsTypeError, TextDecoder, TextEncoder),
        *(Blob, File, FormData, Headers, Request, Response, URL, URLSearchParams),
    )
    objects: dict[str, JsObject] = {"JSON": JSON(), "console": Console(), "crypto": Crypto()}
    functions: dict[str, Callable[..., Any]] = {"atob": atob, "btoa": btoa, "fetch": web_fetch}
    return {
        "undefined": None,
        **{kind.js_name: wrap(kind) for kind in classes},
        **{name: wrap(value) for name, value in objects.items()},
        **{name: JsFunction(function) for name, function in functions.items()},
    }
