"""``d1`` on local databases, as a user types it."""

import json
from pathlib import Path

import pytest

from tests.wrangler_compat.d1.transcript import CONFIG, Program


def _execute(sql: str, *place: str) -> tuple[str, ...]:
    return ("d1", "execute", "DB", "--json", "--command", sql, *place)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_execute_shows_the_rows_of_every_statement(folder: Path, ours: Program) -> None:
    said = ours(_execute("CREATE TABLE t (x); SELECT 1 AS a, x'01' AS b"))
    assert [result["results"] for result in json.loads(said.out)] == [[], [{"a": 1, "b": "[1]"}]]


def test_statements_of_one_command_are_one_transaction(folder: Path, ours: Program) -> None:
    assert ours(("d1", "execute", "DB", "--command", "CREATE TABLE t (x); SELECT nope")).code == 1
    said = ours(_execute("SELECT name FROM sqlite_master"))
    assert json.loads(said.out)[0]["results"] == []


def test_a_migration_that_fails_leaves_nothing_and_those_before_it_stay(folder: Path, ours: Program) -> None:
    migrations = folder / "migrations"
    migrations.mkdir()
    (migrations / "0001_a.sql").write_text("CREATE TABLE a (x);")
    (migrations / "0002_b.sql").write_text("CREATE TABLE b (x);\nSELECT nope;")
    (migrations / "0010_c.sql").write_text("CREATE TABLE c (x);")
    applied = ours(("d1", "migrations", "apply", "DB"))
    assert applied.code == 1
    assert "│ 0002_b.sql │ ❌     │" in applied.out
    assert "Migration 0002_b.sql failed with the following errors:" in applied.err
    said = ours(_execute("SELECT name FROM d1_migrations"))
    assert json.loads(said.out)[0]["results"] == [{"name": "0001_a.sql"}]
    said = ours(_execute("SELECT 1 FROM sqlite_master WHERE name IN ('b','c')"))
    assert json.loads(said.out)[0]["results"] == []


def test_an_export_makes_the_same_database_again(folder: Path, ours: Program) -> None:
    rows = "INSERT INTO t VALUES (1, 'a''b', x'00FF', 1.5), (2, 'two' || char(10, 13) || 'lines', NULL, -0.0)"
    ours(("d1", "execute", "DB", "--command", f"CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c); {rows}"))
    ours(("d1", "export", "DB", "--output", "one.sql"))
    again = ("--local", "--persist-to", "again")
    assert ours(("d1", "execute", "DB", "--file", "one.sql", *again)).code == 0
    shown = [ours(_execute("SELECT * FROM t", *place)).out for place in (("--local",), again)]
    assert json.loads(shown[0])[0]["results"] == json.loads(shown[1])[0]["results"] != []


def test_only_local_databases_are_touched(folder: Path, ours: Program) -> None:
    said = ours(("d1", "execute", "DB", "--remote", "--command", "SELECT 1"))
    assert said.code == 1
    assert "d1 works on the databases of this machine only" in said.err
