"""The SQL: every page of a listing is a walk along the keys, from where the last one ended."""

import sqlite3
from typing import Any

import pytest

from kvstore.sql.entries import EntriesSql
from kvstore.stores.sqlite import SQL
from kvstore.stores.state import STATE_SQL


def plan(sql: EntriesSql, program: Any) -> list[str]:
    """SQLite's plan for the first statement of a program, on a table whose rows nearly all live for ever."""
    connection = sqlite3.connect(":memory:")
    for statement in sql.schema:
        connection.execute(statement)
    table = "entries" if sql is SQL else "_mf_entries"
    content = "value" if sql is SQL else "blob_id"
    connection.executemany(
        f"INSERT INTO {table} (key, {content}, expiration) VALUES (?, 'v', ?)",
        ((f"k{number:04}", None if number % 50 else number) for number in range(2000)),
    )
    connection.execute("ANALYZE")
    statement, values = next(program())
    rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
    connection.close()
    return [row[3] for row in rows]


@pytest.mark.parametrize("sql", [SQL, STATE_SQL], ids=["own", "state"])
@pytest.mark.parametrize(
    ("prefix", "after", "bounds"),
    [
        ("", None, "key>?"),
        ("", "k1000", "key>?"),
        ("k1", None, "key>? AND key<?"),
        ("k1", "k1500", "key>? AND key<?"),
        ("k1", "a", "key>? AND key<?"),
    ],
)
def test_a_page_is_a_walk_along_the_keys(
    sql: EntriesSql, prefix: str, after: str | None, bounds: str
) -> None:
    (step,) = plan(sql, sql.scan(prefix, after, 1000, 0))
    assert step.startswith("SEARCH ")
    assert step.endswith(f"_1 ({bounds})")


@pytest.mark.parametrize("sql", [SQL, STATE_SQL], ids=["own", "state"])
def test_whether_something_expired_is_one_look_into_an_index(sql: EntriesSql) -> None:
    (step,) = plan(sql, sql.any_expired(0))
    assert step.endswith("_expiration_idx (expiration<?)")


def test_a_page_begins_after_the_cursor_alone() -> None:
    statement, values = next(SQL.scan("k1", "k1500", 10, 0)())
    assert statement.count("key >") == 1
    assert values == (0, "k1500", "k2", 11)
