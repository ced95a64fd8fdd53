"""Changes in one statement: in order, all or nothing, alone and beside other programs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from kvstore.sql.database import Change
from kvstore.sql.entries import Row
from kvstore.sql.staged import carry_over, staging
from kvstore.sql.transaction import commit, commit_each, run
from kvstore.stores.state import STATE_SQL


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        for statement in (*STATE_SQL.schema, *staging(STATE_SQL.name, "blob_id")):
            made.execute(statement)
        yield made


def row(content: str) -> Row:
    return Row(content, None, None)


def contents(connection: sqlite3.Connection) -> dict[str, str]:
    return {key: found.content for key, found in run(connection, STATE_SQL.every_row()).items()}


def test_changes_are_made_in_order_and_each_gets_what_it_replaced(connection: sqlite3.Connection) -> None:
    first = [Change({"a": row("1"), "b": row("2")}), Change({"a": row("3")}), Change({"a": None})]
    assert carry_over(connection, first) == [[], ["1"], ["3"]]
    second = [Change({"b": None, "missing": None}), Change({"a": row("4"), "b": row("5")}), Change({})]
    assert carry_over(connection, second) == [["2"], [], []]
    assert contents(connection) == {"a": "4", "b": "5"}


def test_a_change_keeps_every_column(connection: sqlite3.Connection) -> None:
    kept = Row("1", 1_700_000_000_000, '{"nul": "\\u0000"}')
    assert commit(connection, [Change({"k\0k": kept})]) == [[]]
    assert run(connection, STATE_SQL.every_row()) == {"k\0k": kept}


def test_changes_fail_together_and_leave_nothing_for_the_next(connection: sqlite3.Connection) -> None:
    carry_over(connection, [Change({"a": row("1")})])
    connection.execute(
        "CREATE TRIGGER refusal BEFORE INSERT ON _mf_entries WHEN new.key = 'bad' "
        "BEGIN SELECT RAISE(ABORT, 'not this one'); END"
    )
    changes = [Change({"a": row("2")}), Change({"bad": row("3")}), Change({"b": row("4")})]
    with pytest.raises(sqlite3.IntegrityError, match="not this one"):
        commit(connection, changes)
    with pytest.raises(UnicodeEncodeError):
        commit(connection, [Change({"c": row("5")}), Change({"\ud800": row("6")})])
    assert contents(connection) == {"a": "1"}
    (first, error), (second, refused), (third, none) = commit_each(connection, changes)
    assert (first, error, third, none) == (["1"], None, [], None)
    assert second is None
    assert isinstance(refused, sqlite3.IntegrityError)
    assert contents(connection) == {"a": "2", "b": "4"}


def test_a_change_beside_another_program_is_part_of_its_transaction(connection: sqlite3.Connection) -> None:
    assert commit(connection, [Change({"a": row("1")}), STATE_SQL.contents()]) == [[], {"1"}]
    connection.execute(
        "CREATE TRIGGER refusal BEFORE DELETE ON _mf_entries BEGIN SELECT RAISE(ABORT, 'no'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="no"):
        commit(connection, [Change({"b": row("2")}), STATE_SQL.delete("a")])
    assert contents(connection) == {"a": "1"}
    assert commit(connection, [Change({"c": row("3")})]) == [[]]
