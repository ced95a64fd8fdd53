"""kv bulk on local state: a few transactions, with what one write after the other would leave."""

import json
from pathlib import Path
from typing import Any

import pytest

from kvstore import Entry, ManualClock, StateStore
from kvstore.stores.state_names import blob_path
from wrangler_compat.cli.errors import RefusedError
from wrangler_compat.kv.local_namespace import LocalNamespace

pytestmark = pytest.mark.anyio

KEYS = 600


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many entries each transaction changed."""
    sizes: list[int] = []
    original = StateStore.change_many

    async def change_many(store: StateStore, changes: Any) -> None:
        sizes.append(len(changes))
        await original(store, changes)

    monkeypatch.setattr(StateStore, "change_many", change_many)
    return sizes


def values(root: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in blob_path(root, "ns").iterdir())


async def test_bulk_put_and_delete_take_a_few_transactions(tmp_path: Path, commits: list[int]) -> None:
    namespace = LocalNamespace(tmp_path, "ns", ManualClock())
    names = [f"k{number:03}" for number in range(KEYS)]
    await namespace.put_many([{"key": name, "value": name} for name in names])
    assert [key["name"] for key in (await namespace.keys()).keys] == names
    assert values(tmp_path) == [name.encode() for name in names]
    await namespace.delete_many(names)
    assert (await namespace.keys()).keys == []
    assert values(tmp_path) == []
    assert commits == [256, 256, KEYS - 512] * 2
    await namespace.close()


async def test_bulk_put_keeps_the_items_before_a_refused_one(tmp_path: Path) -> None:
    namespace = LocalNamespace(tmp_path, "ns", ManualClock())
    items: list[dict[str, Any]] = [
        {"key": "first", "value": "1"},
        {"key": "second", "value": "Mg==", "base64": True, "metadata": {"a": 1}, "expiration_ttl": 60},
        {"key": "third", "value": "3", "expiration_ttl": 1},
        {"key": "fourth", "value": "4"},
    ]
    with pytest.raises(RefusedError, match="Expiration TTL must be at least 60"):
        await namespace.put_many(items)
    expires = ManualClock().now_ms() // 1000 + 60
    assert await namespace.entries() == {"first": Entry(b"1"), "second": Entry(b"2", expires, '{"a":1}')}
    await namespace.close()


async def test_of_a_key_given_twice_the_last_counts_and_leaves_one_value(tmp_path: Path) -> None:
    namespace = LocalNamespace(tmp_path, "ns", ManualClock())
    await namespace.put_many(json.loads('[{"key":"k","value":"1"},{"key":"k","value":"2"}]'))
    assert await namespace.entries() == {"k": Entry(b"2")}
    assert values(tmp_path) == [b"2"]
    await namespace.close()


async def test_deleting_from_a_namespace_that_is_not_there_creates_nothing(tmp_path: Path) -> None:
    namespace = LocalNamespace(tmp_path, "ns", ManualClock())
    await namespace.delete_many(["a", "b"])
    assert list(tmp_path.iterdir()) == []
    await namespace.close()
