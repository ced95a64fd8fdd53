"""The errors of ``pyodide.ffi`` and ``pyodide.http``.

JsException           a JavaScript error reached Python; ``name`` tells which
ConversionError       a value has no form on the other side
OSError
├── HttpStatusError   raise_for_status() on a 4xx or 5xx
├── BodyUsedError     a response body is read or cloned after it was read
└── AbortError        a fetch failed: network, abort, a stream that broke
"""

from typing import Final

from kvstore.errors import KVError


class JsException(Exception):
    """A JavaScript error: ``name`` is its class (``TypeError``), ``message`` the text, ``str()`` both."""

    __module__ = "pyodide.ffi"
    cause: "JsException | None" = None

    def __init__(self, name: str = "Error", message: str = "") -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.message else self.name

    def toString(self) -> str:
        return str(self)

    js_string = toString

    @property
    def stack(self) -> str:
        return f"{self}\n    at worker.py"


class ConversionError(Exception):
    """A Python value cannot become what was asked for in JavaScript."""

    __module__ = "pyodide.ffi"


class HttpStatusError(OSError):
    """A response has a 4xx or 5xx status."""

    __module__ = "pyodide.http"

    def __init__(self, status: int, status_text: str, url: str) -> None:
        self.status = status
        self.status_text = status_text
        self.url = url
        side = "Client" if status < 500 else "Server"
        super().__init__(f"{status} {side} Error: {status_text} for url: {url}")


class BodyUsedError(OSError):
    """A response body was read before."""

    __module__ = "pyodide.http"

    def __init__(self) -> None:
        super().__init__("Response body is already used")


class AbortError(OSError):
    """A fetch, or reading what it brought, failed on the way."""

    __module__ = "pyodide.http"

    def __init__(self, reason: JsException) -> None:
        super().__init__(reason.message)


def type_error(message: str) -> JsException:
    return JsException("TypeError", message)


def range_error(message: str) -> JsException:
    return JsException("RangeError", message)


def as_javascript(error: KVError) -> JsException:
    """How an error of the emulated JavaScript reaches Python."""
    return JsException(error.name, error.message)


class _Border:
    """A context manager without state, and without a generator: every call into JavaScript crosses it."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, KVError):
            raise as_javascript(error) from error


_BORDER: Final = _Border()


def javascript_errors() -> _Border:
    """Errors of the emulated JavaScript leave as JsException, the only form in which Python meets them."""
    return _BORDER


def python_error(error: JsException) -> Exception:
    """The Python exception that the SDK raises for a TypeError or RangeError where it converts at all."""
    converted = {"TypeError": TypeError, "RangeError": ValueError}.get(error.name)
    return converted(error.message) if converted else error
