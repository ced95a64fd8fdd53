"""D1 of a JavaScript Worker in a test: the binding is workerd's, the database the simulation's."""

import json
from pathlib import Path

import pytest

from harness.system.javascript.code import JavaScriptCode
from harness.testing.deployed import Deployed, Options, _stage
from tests.harness.javascript.running import CONFIG, OPEN

pytestmark = [pytest.mark.workerd, pytest.mark.usefixtures("javascript")]
D1 = """
[[d1_databases]]
binding = "DB"
database_name = "a"
database_id = "00000000-0000-0000-0000-000000000000"
"""
TABLE = "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);\nINSERT INTO t VALUES (1, 'one'), (2, NULL);\n"
ASK = "export default { async fetch(request, { DB, KV }) {\n  %s\n} };\n"


def answer(folder: Path, code: str) -> str:
    """What a Worker of this code answers, with a table of two rows in its database."""
    (folder / "src").mkdir()
    (folder / "src" / "index.js").write_text(ASK % code)
    (folder / "migrations").mkdir()
    (folder / "migrations" / "0001.sql").write_text(TABLE)
    (folder / "wrangler.toml").write_text(CONFIG + D1)
    deployed = Deployed(Options(folder))
    found = _stage(folder, None).worker_code
    assert isinstance(found, JavaScriptCode)
    OPEN.append(found)
    try:
        text = deployed.complete(deployed.send("AMS", "GET", "https://worker.example/", [], b"")).text
    finally:
        deployed.close()
    return text


def test_every_method_answers_and_the_files_are_applied(tmp_path: Path) -> None:
    said = json.loads(
        answer(
            tmp_path,
            """const one = DB.prepare("SELECT v FROM t WHERE id = ?");
            const added = await DB.prepare("INSERT INTO t (v) VALUES (?)").bind("ü").run();
            const { count } = await DB.exec("INSERT INTO t VALUES (4, '')\\nINSERT INTO t VALUES (5, '')");
            const [a, b] = await DB.batch([one.bind(1), one.bind(3)]);
            const session = DB.withSession("first-primary");
            const rows = await session.prepare("SELECT count(*) AS n FROM t").raw({ columnNames: true });
            const first = [await one.bind(1).first("v"), await one.bind(2).first()];
            return Response.json([...first, await one.bind(9).first(), added.meta.last_row_id, count,
              a.results, b.results[0].v, rows, typeof session.getBookmark()]);""",
        )
    )
    assert said == ["one", {"v": None}, None, 3, 2, [{"v": "one"}], "ü", [["n"], [5]], "string"]


def test_an_error_has_the_products_text_and_the_users_line(tmp_path: Path) -> None:
    text = answer(tmp_path, 'return Response.json(await DB.prepare("SELECT * FROM nowhere").all());')
    assert text == "Error: D1_ERROR: no such table: nowhere: SQLITE_ERROR (src/index.js:2)"


def test_time_and_chance_are_those_of_the_test(tmp_path: Path) -> None:
    text = answer(
        tmp_path,
        """const { now } = await DB.prepare("SELECT datetime('now') AS now").first();
        return Response.json([now, new Date().toISOString().slice(0, 10)]);""",
    )
    assert json.loads(text) == ["2026-01-01 00:00:00", "2026-01-01"]


def test_calls_at_once_are_both_answered(tmp_path: Path) -> None:
    text = answer(
        tmp_path,
        """const all = await Promise.all([DB.prepare("SELECT v FROM t WHERE id = 1").first("v"),
          KV.get("nothing"), DB.prepare("SELECT count(*) AS n FROM t").first("n")]);
        return Response.json(all);""",
    )
    assert json.loads(text) == ["one", None, 2]


def test_a_reset_of_the_database_fails_without_a_prefix(tmp_path: Path) -> None:
    text = answer(
        tmp_path,
        """const deferred = DB.prepare("CREATE TABLE c (t REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)");
        await deferred.run();
        return await DB.prepare("INSERT INTO c VALUES (99)").run().then(() => null, (error) =>
          new Response(error.message));""",
    )
    assert text.startswith("Durable Object was reset and rolled back")
