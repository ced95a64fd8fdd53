"""list of 1,000,000 keys page by page: what the last pages cost, and how much memory the walk takes."""

from pathlib import Path
from typing import Any

from benchmarks.measurement import Measurement
from benchmarks.memory import resident
from benchmarks.timing import in_turns
from kvstore import Entry, KVNamespace, SqliteStore
from kvstore.storage.cursor import encode_cursor

_KEYS = 1_000_000
_AT_ONCE = 50_000


async def measure(folder: Path) -> list[Measurement]:
    store = SqliteStore.open(folder / "list.sqlite")
    for first in range(0, _KEYS, _AT_ONCE):
        numbers = range(first, first + _AT_ONCE)
        await store.put_many({_key(number): _entry(number) for number in numbers})
    namespace = KVNamespace(store)
    last, start = await in_turns(
        lambda: _pages(namespace, encode_cursor(_key(_KEYS - 10_001))), lambda: _pages(namespace, "")
    )
    before = resident()
    count, most = await _walk(namespace)
    assert count == _KEYS
    await store.close()
    return [
        Measurement(
            "list, last 10 of 1,000 pages", "ms", last * 100, start * 100, "the first 10", "at most", 1.25
        ),
        Measurement("list of 1,000,000 keys, growth of memory", "MB", most - before, bar=5),
    ]


def _key(number: int) -> str:
    return f"key-{number:07}"


def _entry(number: int) -> Entry:
    """One in fifty expires some day: what a plan that looks for expirations would stumble over."""
    return Entry(b"v" * 20, None if number % 50 else 4_000_000_000 + number)


async def _pages(namespace: KVNamespace, cursor: str) -> None:
    for _ in range(10):
        page = await namespace.list({"cursor": cursor})
        assert len(page["keys"]) == 1000
        cursor = page.get("cursor", "")


async def _walk(namespace: KVNamespace) -> tuple[int, float]:
    """How many keys there are, and the most memory that was in use after a page."""
    count, most, options = 0, 0.0, dict[str, Any]()
    while True:
        page = await namespace.list(options)
        count += len(page["keys"])
        most = max(most, resident())
        if page["list_complete"]:
            return count, most
        options["cursor"] = page["cursor"]
