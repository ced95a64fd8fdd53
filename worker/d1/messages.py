"""The product's wording, byte for byte."""

from typing import Final

TRANSACTION: Final = (
    "To execute a transaction, please use the state.storage.transaction() or "
    "state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The "
    "JavaScript API is safer because it will automatically roll back on exceptions, and because it interacts "
    "correctly with Durable Objects' automatic atomic write coalescing."
)
NO_STATEMENTS: Final = "No SQL statements detected."
NO_STATEMENT: Final = "SQL code did not contain a statement."
WRONG_COUNT: Final = "Wrong number of parameter bindings for SQL query."
PARAMETERS_NOT_LAST: Final = (
    "When executing multiple SQL statements in a single call, only the last statement can have parameters."
)
LEFT_VIOLATED: Final = (
    "Durable Object was reset and rolled back to its last known good state because the application left the "
    "database in a state where constraints were violated: "
)
TOO_LONG: Final = "statement too long: SQLITE_TOOBIG"

# Of a request that is not of the binding's form: what Miniflare's parser of requests says of it.
NOT_A_QUERY: Final = "ZodError\n    at D1"

# https://developers.cloudflare.com/d1/observability/debug-d1/#error-list
TIMED_OUT: Final = "D1 DB storage operation exceeded timeout which caused object to be reset."
OVERLOADED: Final = "D1 DB is overloaded. Requests queued for too long."
TOO_MANY_QUEUED: Final = "D1 DB is overloaded. Too many requests queued."
CONNECTION_LOST: Final = "Network connection lost."
CODE_UPDATED: Final = "D1 DB reset because its code was updated."


# https://developers.cloudflare.com/changelog/post/2026-09-01-d1-free-tier-limit-enforcement/
_DAY_IS_OVER: Final = (
    "Your account has exceeded D1's free tier daily row {what} limit. Upgrade to a paid plan or wait until "
    "tomorrow (midnight UTC) to continue."
)
READS_OF_DAY: Final = _DAY_IS_OVER.format(what="read")
WRITES_OF_DAY: Final = _DAY_IS_OVER.format(what="write")


def internal_error(reference: str) -> str:
    """What a Worker hears when the database's own code failed; ``reference`` is for the product's people."""
    return f"internal error; reference = {reference}"
