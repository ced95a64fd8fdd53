"""A process that only writes, and says what was acknowledged.

``python -m tests.durability.load own|state FOLDER SEED``: sixteen writers put and overwrite, each under keys
of its own, and print ``key number`` once the store has acknowledged. A value says which put wrote it, and
fills up to a length of its own, so that half of one is known for what it is.
"""

import asyncio
import os
import sys
from pathlib import Path

from kvstore import Entry, SeededEntropy, SqliteStore, StateStore, Store
from kvstore.sql.pooled import PooledDatabase

WRITERS = 16
_KEYS_EACH = 4
_LONGEST = 20_000


def value_of(key: str, number: int, longest: int = _LONGEST) -> bytes:
    """What put ``number`` writes under ``key``: about ``longest`` bytes at most."""
    length = SeededEntropy(number).below(longest)
    return f"{key} {number} ".encode() + b"x" * length + b"."


async def open_store(kind: str, folder: Path) -> SqliteStore | StateStore:
    """``own`` or ``state``, as a server opens it."""
    if kind == "own":
        return await SqliteStore.pooled(folder / "kv.sqlite")
    return StateStore(folder, "ns", opener=PooledDatabase.open)


async def _write(store: Store, writer: int, seed: int) -> None:
    entropy = SeededEntropy(seed * WRITERS + writer)
    number = seed * 1_000_000  # greater than every number of an earlier process
    while True:
        number += 1
        key = f"{writer}-{entropy.below(_KEYS_EACH)}"
        await store.put(key, Entry(value_of(key, number), None, f'"{number}"'))
        os.write(1, f"{key} {number}\n".encode())


async def _main(kind: str, folder: Path, seed: int) -> None:
    store = await open_store(kind, folder)
    await asyncio.gather(*(_write(store, writer, seed) for writer in range(WRITERS)))


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
