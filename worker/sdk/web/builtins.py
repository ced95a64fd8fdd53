"""JSON, crypto, text and base64: the globals of ``js`` that are not about HTTP."""

import base64
import binascii
import uuid
from typing import Any

from kvstore.javascript.json_text import parse, stringify
from kvstore.javascript.values import UNDEFINED, byte_view, to_string
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.surroundings import current_platform
from worker.sdk.web.subtle import SubtleCrypto


class JSON(JsObject):
    """JavaScript's JSON: numbers are doubles, integer-like members come first."""

    js_name = "JSON"

    def parse(self, text: Any, *_: Any) -> Any:
        return parse(to_string(text))

    def stringify(self, value: Any = UNDEFINED, replacer: Any = UNDEFINED, space: Any = UNDEFINED) -> Any:
        """Compact JSON. A replacer or an indentation is not emulated and raises JsException."""
        if replacer not in (UNDEFINED, None) or space not in (UNDEFINED, None, 0, ""):
            raise JsException("Error", "JSON.stringify with a replacer or indentation is not emulated")
        return stringify(value)


class Crypto(JsObject):
    js_name = "Crypto"

    def __init__(self) -> None:
        self.subtle = SubtleCrypto()

    def randomUUID(self) -> str:
        return str(uuid.UUID(bytes=current_platform().entropy.token(16), version=4))

    def getRandomValues(self, array: Any) -> Any:
        memoryview(array).cast("B")[:] = current_platform().entropy.token(memoryview(array).nbytes)
        return array


class Performance(JsObject):
    """Time since the epoch, as in a Worker, where ``timeOrigin`` is 0."""

    js_name = "Performance"
    timeOrigin = 0

    def now(self) -> int:
        return current_platform().clock.now_ms()


class Navigator(JsObject):
    js_name = "Navigator"
    userAgent = "Cloudflare-Workers"


class TextEncoder(JsObject):
    js_name = "TextEncoder"

    def encode(self, text: Any = "") -> bytearray:
        return bytearray(to_string(text).encode("utf-8", "replace"))


class TextDecoder(JsObject):
    """Decodes UTF-8; other encodings are refused."""

    js_name = "TextDecoder"

    def __init__(self, encoding: Any = "utf-8", *_: Any) -> None:
        if to_string(encoding).lower() not in ("utf-8", "utf8"):
            raise JsException("RangeError", f'"{to_string(encoding)}" is not a valid encoding.')

    def decode(self, content: Any = b"") -> str:
        return (byte_view(content) or b"").decode("utf-8", "replace").removeprefix("\ufeff")


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
