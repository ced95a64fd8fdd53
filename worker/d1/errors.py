"""The errors of D1 as a Worker meets them, and those that the database says inside.

QueryError     a query failed: the answer says so, and the binding raises ``D1_ERROR: …``
DatabaseReset  the database's own object failed: the call itself fails, with this text alone
"""

from worker.sdk.ffi.errors import JsException


class QueryError(Exception):
    """A query failed; the message is SQLite's or the runtime's, with SQLite's code where it has one.

    ``code`` names the rule of the platform that refused it, "" for none.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class DatabaseReset(Exception):
    """There is no answer: the object that holds the database was reset."""


def d1_error(prefix: str, message: str, cause: str | None = None) -> JsException:
    """What a Worker meets: an Error whose ``cause`` is one with the same text, without the prefix."""
    error = JsException("Error", f"{prefix}: {message}")
    error.cause = JsException("Error", message if cause is None else cause)
    return error
