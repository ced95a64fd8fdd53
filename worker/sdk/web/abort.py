"""AbortController and its signal."""

from typing import Any

from kvstore.javascript.values import UNDEFINED, Undefined
from worker.sdk.ffi.crossing import wrap
from worker.sdk.ffi.errors import JsException
from worker.sdk.ffi.jsobject import JsObject
from worker.sdk.web.timers import function_of


class AbortSignal(JsObject):
    def __init__(self) -> None:
        self.aborted = False
        self.reason: Any = UNDEFINED
        self.onabort: Any = None
        self._listeners: list[Any] = []

    def addEventListener(self, kind: Any, listener: Any, *_: Any) -> None:
        if kind == "abort":
            self._listeners.append(listener)

    def throwIfAborted(self) -> None:
        if self.aborted:
            raise self.reason

    def js_abort(self, reason: Any) -> None:
        if self.aborted:
            return
        self.aborted, self.reason = True, reason
        for listener in (*self._listeners, *([self.onabort] if self.onabort else [])):
            function_of(listener)(wrap({"type": "abort"}))


class AbortController(JsObject):
    def __init__(self, *_: Any) -> None:
        self._signal = AbortSignal()

    @property
    def signal(self) -> AbortSignal:
        return self._signal

    def abort(self, reason: Any = UNDEFINED, *_: Any) -> None:
        default = JsException("AbortError", "The operation was aborted")
        self._signal.js_abort(default if isinstance(reason, Undefined) else reason)
