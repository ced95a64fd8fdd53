"""The globals of ``js`` that are not about HTTP: JSON, crypto, text, base64, URI components, the console.

Those that are not emulated (`ABSENT`) can be imported, and say so when they are used.
"""

import base64
import binascii
import sys
import uuid
from codecs import getincrementaldecoder
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from kvstore.errors import KVError
from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import UNDEFINED, byte_view, to_string
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject, PyObject, option
from worker.sdk.surroundings import current_platform
from worker.sdk.web.subtle import SubtleCrypto


class JSON(JsObject):
    """JavaScript's JSON: numbers are doubles, integer-like members come first."""

    def parse(self, text: Any, *_: Any) -> Any:
        return parse(to_string(text))

    def stringify(self, value: Any = UNDEFINED, replacer: Any = UNDEFINED, space: Any = UNDEFINED) -> Any:
        """Compact JSON. A replacer or an indentation is not emulated and raises JsException."""
        if replacer not in (UNDEFINED, None) or space not in (UNDEFINED, None, 0, ""):
            raise JsException("Error", "JSON.stringify with a replacer or indentation is not emulated")
        return stringify(value)


class Crypto(JsObject):
    def __init__(self) -> None:
        self.subtle = SubtleCrypto()

    def randomUUID(self) -> str:
        return str(uuid.UUID(bytes=current_platform().entropy.token(16), version=4))

    def getRandomValues(self, array: Any) -> Any:
        memoryview(array).cast("B")[:] = current_platform().entropy.token(memoryview(array).nbytes)
        return array


class Performance(JsObject):
    """Time since the epoch, as in a Worker, where ``timeOrigin`` is 0."""

    timeOrigin = 0

    def now(self) -> int:
        return current_platform().clock.now_ms()


class Navigator(JsObject):
    userAgent = "Cloudflare-Workers"


class TextEncoder(JsObject):
    def encode(self, text: Any = "") -> bytearray:
        return bytearray(to_string(text).encode("utf-8", "replace"))


class TextDecoder(JsObject):
    """Decodes UTF-8; other encodings are refused. A character in two chunks needs ``{stream: true}``."""

    def __init__(self, encoding: Any = "utf-8", *_: Any) -> None:
        if to_string(encoding).lower() not in ("utf-8", "utf8"):
            raise JsException("RangeError", f'"{to_string(encoding)}" is not a valid encoding.')
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._has_begun = False

    def decode(self, content: Any = b"", options: Any = UNDEFINED, *_: Any) -> str:
        more = option(options, "stream") is True
        text = self._decoder.decode(byte_view(content) or b"", not more)
        shown = text if self._has_begun else text.removeprefix("\ufeff")
        self._has_begun = more and (self._has_begun or text != "")
        return shown


def structured_clone(value: Any = UNDEFINED, *_: Any) -> Any:
    """A copy of data, containers and all. Raises JsException (DataCloneError) for functions and objects."""
    if callable(value) or isinstance(value, JsObject):
        raise JsException("DataCloneError", f"{to_string(value)} could not be cloned.")
    if isinstance(value, dict):
        return type(value)((name, structured_clone(one)) for name, one in value.items())
    if isinstance(value, list | set):
        return type(value)(map(structured_clone, value))
    return bytearray(value) if isinstance(value, bytearray) else value


def btoa(text: Any) -> str:
    try:
        return base64.b64encode(to_string(text).encode("latin-1")).decode()
    except UnicodeEncodeError:
        raise JsException("InvalidCharacterError", "btoa() takes only characters up to U+00FF.") from None


def atob(text: Any) -> str:
    plain = to_string(text).strip()
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("latin-1")
    except binascii.Error:
        raise JsException(
            "InvalidCharacterError", "atob() called with invalid base64-encoded data."
        ) from None


_COMPONENT: Final = "!'()*~-._"
_WHOLE: Final = _COMPONENT + ";,/?:@&=+$#"


def encode_component(text: Any = "undefined", *_: Any) -> str:
    return _encoded(text, _COMPONENT)


def encode_uri(text: Any = "undefined", *_: Any) -> str:
    return _encoded(text, _WHOLE)


def decode_component(text: Any = "undefined", *_: Any) -> str:
    try:
        return unquote_to_bytes(to_string(text)).decode()
    except UnicodeDecodeError:
        raise JsException("URIError", "URI malformed") from None


def _encoded(text: Any, safe: str) -> str:
    try:
        return quote(to_string(text), safe=safe)
    except UnicodeEncodeError:
        raise JsException("URIError", "URI malformed") from None


ABSENT: Final = (
    *("EventSource", "WebAssembly", "MessageChannel"),
    *("CompressionStream", "DecompressionStream", "TextDecoderStream", "TextEncoderStream", "WritableStream"),
    *("FixedLengthStream", "IdentityTransformStream", "DOMException", "Event", "EventTarget"),
)


class Console(JsObject):
    """log, info and debug write to standard output; warn and error to standard error."""

    js_name = "console"

    def log(self, *values: Any) -> None:
        print(*map(_shown, values))

    info = debug = log

    def error(self, *values: Any) -> None:
        print(*map(_shown, values), file=sys.stderr)

    warn = error


def _shown(value: Any) -> str:
    """Text as it is, data as JSON, other objects by their name."""
    if isinstance(value, dict | list):
        try:
            return to_string(stringify(value))
        except KVError:
            return to_string(value)
    return value.js_string() if isinstance(value, PyObject) else to_string(value)
