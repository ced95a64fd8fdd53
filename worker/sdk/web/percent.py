"""encodeURIComponent and its three siblings."""

from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from kvstore.javascript.values import to_string
from worker.sdk.ffi.errors import JsException

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
