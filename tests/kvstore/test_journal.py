"""The layer that records operations."""

import pytest

from kvstore import Entry, Journal, KVNamespace, ManualClock, SqliteStore, StoreError
from kvstore.sql.database import Steps

pytestmark = pytest.mark.anyio


async def test_journal_records_every_operation_in_order() -> None:
    journal = Journal(SqliteStore.in_memory(ManualClock(5)))
    kv = KVNamespace(journal)
    await kv.put("a", "v")
    with journal.invocations.start("request 1"):
        await kv.get("a")
        await kv.list(prefix="a")
    await kv.delete("a")
    seen = [(event.index, event.at, event.invocation, event.verb, event.key) for event in journal.events]
    assert seen == [
        (0, 5, "", "put", "a"),
        (1, 5, "request 1", "get", "a"),
        (2, 5, "request 1", "scan", "a"),
        (3, 5, "", "delete", "a"),
    ]
    assert journal.events[0].entry == journal.events[1].entry == Entry(b"v")


async def test_journal_records_what_failed() -> None:
    store = SqliteStore.in_memory(ManualClock())
    journal = Journal(store)
    await store.database.write(_drop)
    with pytest.raises(StoreError, match="no such table"):
        await journal.put("a", Entry(b"v"))
    assert journal.events[0].error is not None
    assert "no such table" in journal.events[0].error


def _drop() -> Steps[None]:
    yield "DROP TABLE entries", ()
