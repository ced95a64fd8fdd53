"""What the binding asks, and what answers: the one protocol that the database, and layers around it, have."""

from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple, Protocol

FIRST_PRIMARY: Final = "first-primary"
FIRST_UNCONSTRAINED: Final = "first-unconstrained"

Endpoint = Literal["query", "execute", "dump"]
# How rows are written: columns and rows, or an object for each row.
Format = Literal["ROWS_AND_COLUMNS", "NONE"]


class Query(NamedTuple):
    """A text of SQL, and the values of its parameters: numbers, texts, None, or lists of bytes.

    Neither is checked before it reaches the database, as a Worker can send anything.
    """

    sql: Any
    params: Any = ()


@dataclass(slots=True)
class Ask:
    """One call. ``token`` is the session's constraint or bookmark; ``queries`` are one transaction."""

    endpoint: Endpoint
    queries: list[Query]
    format: Format = "ROWS_AND_COLUMNS"
    token: str = FIRST_PRIMARY


@dataclass(slots=True)
class Answer:
    """``body`` is a JSON value, or bytes; ``bookmark`` is the state of the database that it shows.

    ``code`` names the rule of the platform that refused the call, "" for none; a Worker never sees it.
    """

    body: Any
    bookmark: str | None = None
    status: int = 200
    code: str = ""


class Service(Protocol):
    """Answers one call of a binding. Raises DatabaseReset when no answer comes."""

    async def __call__(self, ask: Ask) -> Answer: ...


def failed(error: str, code: str = "") -> Answer:
    """The answer that says that a query failed: its status is 200 all the same."""
    return Answer({"success": False, "error": error}, code=code)
