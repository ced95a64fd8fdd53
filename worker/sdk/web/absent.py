"""Globals of JavaScript that are not emulated: they can be imported, and say so when they are used."""

from typing import Any, Final

from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject

ABSENT: Final = (
    *("HTMLRewriter", "EventSource", "WebAssembly", "MessageChannel"),
    *("CompressionStream", "DecompressionStream", "TextDecoderStream", "TextEncoderStream", "WritableStream"),
    *("FixedLengthStream", "IdentityTransformStream", "DOMException", "Event", "EventTarget"),
)


class Absent(JsObject):
    """Raises JsException for whatever is asked of it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("_", "js_")):
            raise AttributeError(name)
        raise JsException("Error", f"js.{self._name} is not emulated here")
