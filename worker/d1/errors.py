"""The errors of D1 as a Worker meets them, and those that the database says inside.

QueryError     a query failed: the answer says so, and the binding raises ``D1_ERROR: …``
DatabaseReset  the database's own object failed: the call itself fails, with this text alone
"""

from worker.sdk.ffi.errors import JsException


class QueryError(Exception):
    """A query failed; the message is SQLite's or the runtime's, with SQLite's code where it has one."""


class DatabaseReset(Exception):
    """There is no answer: the object that holds the database was reset."""


class D1Error(JsException):
    """An Error with a ``cause``: the same text without its prefix."""

    def __init__(self, prefix: str, message: str, cause: str | None = None) -> None:
        super().__init__("Error", f"{prefix}: {message}")
        self.cause = JsException("Error", message if cause is None else cause)
