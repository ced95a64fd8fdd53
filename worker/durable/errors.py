"""What goes wrong with a Durable Object, as its caller meets it. Texts are workerd's, measured.

JsException
└── ObjectError    an exception of the object's own code (``remote``), or the end of the object
"""

import traceback

from worker.sdk.ffi.errors import JsException

LOST = "Network connection lost."
ABORTED = "Application called abort() to reset Durable Object."


class ObjectError(JsException):
    """A call to an object failed; what is true of it is an attribute, what is not is None.

    remote                the object's code raised it, and the object lives on
    durableObjectReset    the object is gone; the next call makes a new one
    retryable             the same call may succeed
    """

    def __init__(
        self,
        name: str,
        message: str,
        *,
        remote: bool | None = None,
        reset: bool | None = None,
        retryable: bool | None = None,
    ) -> None:
        super().__init__(name, message)
        self.remote = remote
        self.durableObjectReset = reset
        self.retryable = retryable


def remote(error: Exception) -> ObjectError:
    """An exception of the object's code, as its caller gets it.

    A Python exception crosses as a PythonError with its traceback for a text, as Pyodide sends it.
    """
    name, message = _described(error)
    return ObjectError(name, message, remote=True)


def end(error: Exception) -> ObjectError:
    """An exception that ended the object: in its constructor, or in blockConcurrencyWhile."""
    name, message = _described(error)
    return ObjectError(name, message, reset=True)


def lost() -> ObjectError:
    """The object ended, and whoever called it does not know how far it got."""
    return ObjectError("Error", LOST, retryable=True)


def no_such_method(name: str) -> ObjectError:
    text = f'The RPC receiver does not implement the method "{name}".'
    return ObjectError("TypeError", text, remote=True)


def _described(error: Exception) -> tuple[str, str]:
    if isinstance(error, JsException):
        return error.name, error.message
    return "PythonError", "".join(traceback.format_exception(error)).rstrip("\n")
