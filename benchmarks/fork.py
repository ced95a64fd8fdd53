"""Fork of a namespace with 10,000 keys."""

from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.timing import seconds
from kvstore import Entry, SqliteStore


async def measure(folder: Path) -> list[Measurement]:
    store = SqliteStore.in_memory()
    await store.put_many({f"key-{number}": Entry(b"v" * 200) for number in range(10_000)})

    async def fork() -> None:
        await store.fork().close()

    return [Measurement("fork of 10,000 keys", "ms", await seconds(fork) * 1000, bar=10)]
