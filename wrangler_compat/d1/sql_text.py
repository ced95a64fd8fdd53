"""A text of SQL as wrangler sends it: its statements, without what wraps them in a transaction."""

from typing import Final

from worker.d1.statements import is_empty, split
from wrangler_compat.cli.errors import CommandError

_TRANSACTION: Final = "BEGIN TRANSACTION"
_SEVERAL: Final = (
    "Wrangler could not process the provided SQL file, as it contains several transactions.\n"
    "D1 runs your SQL in a transaction for you.\n"
    "Please export an SQL file from your SQLite database and try again."
)


def statements(text: str) -> list[str]:
    """Raises CommandError for several transactions."""
    if _TRANSACTION in text:
        text = text.replace(f"{_TRANSACTION};", "", 1).replace("COMMIT;", "", 1)
        if _TRANSACTION in text:
            raise CommandError(_SEVERAL)
    parts = [part.strip() for part in split(text) if not is_empty(part)]
    return parts if len(parts) > 1 else [text]
