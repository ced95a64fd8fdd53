"""Changes of rows that wait together, carried over in one statement.

Between two statements of a transaction the thread that writes may wait for its turn in Python, and then for a
processor: milliseconds on a busy machine, in which every other process finds the lock taken. One statement
holds it only while SQLite works. So the changes are first put into a temporary table, which is the
connection's own and needs no lock; what they replaced is found in another one afterwards.
"""

from collections.abc import Sequence
from typing import Any, Final

from kvstore.sql.database import Change

CARRY_OVER: Final = "INSERT INTO changes SELECT * FROM staged ORDER BY rowid"
_STAGE: Final = "INSERT INTO staged VALUES (?, ?, ?, ?, ?)"
_REMOVE: Final = (None, None, None)


def staging(table: str, content: str) -> tuple[str, ...]:
    """What a connection needs for changes of ``table``, whose rows have something in ``content``."""
    columns = f"key, {content}, expiration, metadata"
    return (
        "PRAGMA temp_store = MEMORY",
        "CREATE TEMP TABLE staged (change, key TEXT, content, expiration INTEGER, metadata TEXT)",
        "CREATE TEMP TABLE replaced (change, content)",
        "CREATE TEMP VIEW changes AS SELECT * FROM staged",
        f"""CREATE TEMP TRIGGER change INSTEAD OF INSERT ON changes BEGIN
            INSERT INTO replaced SELECT NEW.change, {content} FROM {table} WHERE key = NEW.key;
            DELETE FROM {table} WHERE key = NEW.key AND NEW.content IS NULL;
            INSERT OR REPLACE INTO {table} ({columns})
                SELECT NEW.key, NEW.content, NEW.expiration, NEW.metadata WHERE NEW.content IS NOT NULL;
        END""",
    )


def carry_over(connection: Any, changes: Sequence[Change]) -> list[list[Any]]:
    """For each change the contents that it replaced. All are made, in this order, or none.

    In a transaction they are part of that. Raises what SQLite raises.
    """
    try:
        connection.executemany(
            _STAGE,
            [
                (number, key, *(row or _REMOVE))
                for number, change in enumerate(changes)
                for key, row in change.rows.items()
            ],
        )
        connection.execute(CARRY_OVER)
        replaced: list[list[Any]] = [[] for _ in changes]
        for number, content in connection.execute("SELECT * FROM replaced").fetchall():
            replaced[number].append(content)
    finally:
        connection.execute("DELETE FROM staged")
        connection.execute("DELETE FROM replaced")
    return replaced
