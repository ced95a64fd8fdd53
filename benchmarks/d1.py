"""D1 through the binding, in process, on disk: a row by its key, an insert, a batch, a thousand rows."""

import sqlite3
from pathlib import Path
from typing import Any, Final

from benchmarks import miniflare as peer
from benchmarks.measurement import Measurement
from benchmarks.timing import Work, in_turns
from kvstore.clock import core_seconds
from worker.d1 import D1Database, Database

# Many short rounds, so that each side has some without interruption on a busy machine.
_ROUNDS: Final = 40
_ROWS: Final = 1000
_TABLE: Final = "CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT, v TEXT)"
_INSERT: Final = "INSERT INTO t (k, v) VALUES (?, ?)"
_ONE: Final = "SELECT * FROM t WHERE id = ?"
_ALL: Final = f"SELECT * FROM t LIMIT {_ROWS}"
_VALUES: Final = [(f"key-{number}", "v" * 100) for number in range(_ROWS)]


async def measure(folder: Path) -> list[Measurement]:
    db = D1Database(Database(folder / "ours.sqlite"))
    raw = _raw(folder / "raw.sqlite")
    await db.exec(_TABLE)
    await db.batch([db.prepare(_INSERT).bind(*values) for values in _VALUES])
    measured = []
    for what, count, ours, other in _pairs(db, raw):
        took = await in_turns(ours, other, _ROUNDS, core_seconds)
        times = (seconds / count * 1e6 for seconds in took)
        measured.append(Measurement(f"D1, {what}", "µs", *times, "raw sqlite3", "at most", 3))
    if not peer.is_there():
        return [*measured, Measurement("D1, in a Worker", missing=peer.MISSING)]
    with peer.miniflare(folder / "d1") as url:
        for one, path, count in ((measured[0], "rows", 1000), (measured[1], "inserts", 500)):
            theirs = min(peer.seconds_of(f"{url}/{path}?n={count}") for _ in range(3)) / count
            what = f"{one.what}, in a Worker"
            measured.append(
                Measurement(what, "per second", 1e6 / one.ours, 1 / theirs, "Miniflare", "at least", 5)
            )
    return measured


def _raw(path: Path) -> sqlite3.Connection:
    """The same file settings, and rows as dicts, which is what a Worker gets."""
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", _TABLE):
        connection.execute(statement)
    connection.executemany(_INSERT, _VALUES)
    connection.row_factory = sqlite3.Row
    return connection


def _pairs(db: D1Database, raw: sqlite3.Connection) -> list[tuple[str, int, Work, Work]]:
    execute = raw.execute
    one, insert = db.prepare(_ONE), db.prepare(_INSERT)

    def rows(sql: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        return [dict(row) for row in execute(sql, values).fetchall()]

    async def our_rows() -> None:
        for number in range(200):
            await one.bind(number % _ROWS + 1).first()

    async def their_rows() -> None:
        for number in range(200):
            rows(_ONE, (number % _ROWS + 1,))

    async def our_inserts() -> None:
        for values in _VALUES[:100]:
            await insert.bind(*values).run()

    async def their_inserts() -> None:
        for values in _VALUES[:100]:
            execute(_INSERT, values)

    async def our_batches() -> None:
        for _ in range(2):
            await db.batch([insert.bind(*values) for values in _VALUES[:100]])

    async def their_batches() -> None:
        for _ in range(2):
            execute("BEGIN")
            for values in _VALUES[:100]:
                execute(_INSERT, values)
            execute("COMMIT")

    async def our_scans() -> None:
        for _ in range(2):
            await db.prepare(_ALL).all()

    async def their_scans() -> None:
        for _ in range(2):
            rows(_ALL)

    return [
        ("a row by its key", 200, our_rows, their_rows),
        ("an insert", 100, our_inserts, their_inserts),
        ("a batch of 100 inserts", 2, our_batches, their_batches),
        ("a thousand rows", 2, our_scans, their_scans),
    ]
