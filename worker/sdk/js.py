"""The ``js`` module: JavaScript's globals, as far as Python Workers use them."""

from collections.abc import Callable
from typing import Any

from worker.sdk.ffi.array import Array
from worker.sdk.ffi.buffer import TYPED_ARRAYS, ArrayBufferView
from worker.sdk.ffi.collections import Map, Set
from worker.sdk.ffi.crossing import wrap
from worker.sdk.ffi.date import Date
from worker.sdk.ffi.jsobject import Absent, JsObject
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
from worker.sdk.http.fetch import web_fetch
from worker.sdk.web import arithmetic
from worker.sdk.web.abort import AbortController, AbortSignal
from worker.sdk.web.arithmetic import Math
from worker.sdk.web.blob import Blob, File
from worker.sdk.web.builtins import (
    ABSENT,
    JSON,
    Console,
    Crypto,
    Navigator,
    Performance,
    TextDecoder,
    TextEncoder,
    atob,
    btoa,
    decode_component,
    encode_component,
    encode_uri,
    structured_clone,
)
from worker.sdk.web.connection import ConnectingWebSocket
from worker.sdk.web.html.rewriter import HTMLRewriter
from worker.sdk.web.http.cache import Caches
from worker.sdk.web.http.form_data import FormData
from worker.sdk.web.http.headers import Headers
from worker.sdk.web.http.request import Request
from worker.sdk.web.http.response import Response
from worker.sdk.web.promise import Promise
from worker.sdk.web.search_params import URLSearchParams
from worker.sdk.web.timers import Timers
from worker.sdk.web.transform import TransformStream
from worker.sdk.web.url import URL
from worker.sdk.web.websocket import WebSocketPair


def javascript_globals() -> dict[str, Any]:
    """Every global by its name; classes have ``new``. What is not emulated says so when it is used."""
    classes: tuple[type[JsObject], ...] = (
        *(Array, ArrayBufferView, Date, Map, Number, Object, Set, Stream, String, *TYPED_ARRAYS),
        *(JsError, JsRangeError, JsSyntaxError, JsTypeError, TextDecoder, TextEncoder),
        *(Blob, File, FormData, Headers, HTMLRewriter, Request, Response, URL, URLSearchParams),
        *(AbortController, AbortSignal, Promise, TransformStream, ConnectingWebSocket, WebSocketPair),
    )
    timers = Timers()
    objects: dict[str, JsObject] = {
        "JSON": JSON(),
        "Math": Math(),
        "caches": Caches(),
        "console": Console(),
        "crypto": Crypto(),
        "navigator": Navigator(),
        "performance": Performance(),
        **{name: Absent(f"js.{name} is not emulated here") for name in ABSENT},
    }
    functions: dict[str, Callable[..., Any]] = {
        "atob": atob,
        "btoa": btoa,
        "clearInterval": timers.clear,
        "clearTimeout": timers.clear,
        "decodeURI": decode_component,
        "decodeURIComponent": decode_component,
        "encodeURI": encode_uri,
        "encodeURIComponent": encode_component,
        "fetch": web_fetch,
        "isFinite": arithmetic.is_finite,
        "isNaN": arithmetic.is_nan,
        "parseFloat": arithmetic.parse_float,
        "parseInt": arithmetic.parse_int,
        "queueMicrotask": timers.queue_microtask,
        "setInterval": timers.set_interval,
        "setTimeout": timers.set_timeout,
        "structuredClone": structured_clone,
    }
    return {
        "undefined": None,
        **{kind.js_name: wrap(kind) for kind in classes},
        **{name: wrap(value) for name, value in objects.items()},
        **{name: JsFunction(function) for name, function in functions.items()},
    }
