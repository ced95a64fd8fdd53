"""Writes to a D1 database until it is killed: two rows in each call, and a line once the call has returned.

python -m tests.durability.d1_load <file>
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from worker.d1 import D1Database, Database


async def main(path: Path) -> None:
    db = D1Database(Database(path))
    await db.exec("CREATE TABLE IF NOT EXISTS pairs (n INTEGER, side TEXT, PRIMARY KEY (n, side))")
    start = await db.prepare("SELECT coalesce(max(n), -1) + 1 AS n FROM pairs").first("n")
    insert = db.prepare("INSERT INTO pairs VALUES (?, ?)")
    for n in count(start):
        await db.batch([insert.bind(n, "left"), insert.bind(n, "right")])
        print(n, flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
