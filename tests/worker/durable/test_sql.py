"""``ctx.storage.sql`` and ``ctx.storage.kv``. What is expected was recorded from workerd 1.20260426."""

from typing import Any

import pytest

from kvstore.clock import ManualClock
from kvstore.javascript.values import UNDEFINED, ArrayBuffer, BigInt
from worker.durable.gate import Gate
from worker.durable.storage.disk import MemoryDisk
from worker.durable.storage.storage import DurableObjectStorage
from worker.sdk.ffi.errors import JsException

BEGIN = (
    "To execute a transaction, please use the state.storage.transaction() or "
    "state.storage.transactionSync() APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The "
    "JavaScript API is safer because it will automatically roll back on exceptions, and because it interacts "
    "correctly with Durable Objects' automatic atomic write coalescing."
)
COUNT = "Wrong number of parameter bindings for SQL query."


@pytest.fixture
def storage() -> DurableObjectStorage:
    rows = MemoryDisk().rows("0" * 64)
    made = DurableObjectStorage(rows, ManualClock(0), lambda operation: None, Gate(), sqlite=True)
    made.sql.exec("create table t(a integer primary key, b, c)")
    made.sql.exec("insert into t values(?,?,?),(2,'y',null)", 1, "x", b"\x01\x02")
    return made


@pytest.mark.parametrize(
    ("query", "values", "rows"),
    [
        ("select a,b from t", (), [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]),
        ("select c from t where a = ?", (1,), [{"c": ArrayBuffer(b"\x01\x02")}]),
        ("select a, b as a from t", (), [{"a": "x"}, {"a": "y"}]),
        ("insert into t(b) values('m'); select b from t where b=?", ("m",), [{"b": "m"}]),
        ("select 1 as x; select 2 as y;", (), [{"y": 2}]),
        (
            "select ? as b, ? as c, ? as d, ? as e",
            (True, None, 1.5, "s"),
            [{"b": "true", "c": None, "d": 1.5, "e": "s"}],
        ),
        ("select ? as b", (UNDEFINED,), [{"b": None}]),
        ("select ? as b", ({},), [{"b": "[object Object]"}]),
        ("select 9007199254740993 as b", (), [{"b": 9007199254740992}]),
        ("select json_extract('{\"a\":[1]}','$.a[0]') as v", (), [{"v": 1}]),
    ],
)
def test_a_query_gives_its_rows(
    storage: DurableObjectStorage, query: str, values: tuple[Any, ...], rows: list[Any]
) -> None:
    assert storage.sql.exec(query, *values).toArray() == rows


@pytest.mark.parametrize(
    ("query", "values", "text"),
    [
        ("select * from zz", (), "no such table: zz: SQLITE_ERROR"),
        ("select ?, ?", (1,), COUNT),
        ("select ?", (1, 2), COUNT),
        ("", (), "SQL code did not contain a statement."),
        ("  -- c\n", (), "SQL code did not contain a statement."),
        ("begin", (), BEGIN),
        ("savepoint x", (), BEGIN),
        ("select * from _cf_KV", (), "no such table: _cf_KV: SQLITE_ERROR"),
        ("create table _cf_x(a)", (), "not authorized: SQLITE_AUTH"),
        ("pragma journal_mode", (), "not authorized: SQLITE_AUTH"),
        ("attach 'x' as y", (), "not authorized: SQLITE_AUTH"),
        (
            "insert into t(a) values(1)",
            (),
            "UNIQUE constraint failed: t.a: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
        ),
        ("select ? as b", (BigInt(5),), "Cannot convert a BigInt value to a number"),
    ],
)
def test_a_query_is_refused_in_the_platforms_words(
    storage: DurableObjectStorage, query: str, values: tuple[Any, ...], text: str
) -> None:
    with pytest.raises(JsException, match=r".*") as refused:
        storage.sql.exec(query, *values)
    assert str(refused.value).partition(": ")[2] == text


def test_a_cursor_gives_each_row_once(storage: DurableObjectStorage) -> None:
    cursor = storage.sql.exec("select a from t")
    assert cursor.columnNames == ["a"]
    told = [cursor.next() for _ in range(4)]
    assert told == [
        {"done": False, "value": {"a": 1}},
        {"done": False, "value": {"a": 2}},
        {"done": True},
        {"done": True},
    ]
    assert storage.sql.exec("select a,b,a as b from t").raw().toArray() == [[1, "x", 1], [2, "y", 2]]
    assert storage.sql.exec("select b from t where a = 2").one() == {"b": "y"}
    with pytest.raises(JsException, match="got no results"):
        storage.sql.exec("select * from t where a = 9").one()
    with pytest.raises(JsException, match="got multiple results"):
        storage.sql.exec("select * from t").one()


def test_rows_go_back_with_the_transaction(storage: DurableObjectStorage) -> None:
    def closure() -> None:
        storage.sql.exec("insert into t(b) values('tx')")
        raise ValueError("back")

    with pytest.raises(ValueError, match="back"):
        storage.transactionSync(closure)
    assert storage.sql.exec("select count(*) as n from t where b = 'tx'").one() == {"n": 0}
    assert storage.sql.databaseSize > 0


def test_keys_are_there_with_and_without_promises(storage: DurableObjectStorage) -> None:
    storage.kv.put("k", {"a": [1]})
    assert storage.get("k").value == {"a": [1]}
    storage.put("l", 2)
    assert (storage.kv.get("l"), storage.kv.get("none")) == (2, UNDEFINED)
    assert list(storage.kv.list({"prefix": "k"})) == [["k", {"a": [1]}]]
    assert (storage.kv.delete("k"), storage.kv.delete("k")) == (True, False)
    with pytest.raises(JsException, match="parameter 1 is not of type 'string'"):
        storage.kv.get()
    with pytest.raises(JsException, match="parameter 2 is not of type 'JsValue'"):
        storage.kv.put({"a": 1})


def test_a_class_without_sqlite_has_no_sql() -> None:
    rows = MemoryDisk().rows("0" * 64)
    made = DurableObjectStorage(rows, ManualClock(0), lambda operation: None, Gate(), sqlite=False)
    with pytest.raises(JsException, match="SQL is not enabled for this Durable Object class"):
        made.sql.exec("select 1")
    with pytest.raises(JsException, match="only available for SQLite-backed Durable Objects"):
        made.kv.get("k")
