"""``dev`` with a D1 database: for Python in its process, for JavaScript in the real workerd."""

from pathlib import Path

import pytest

from tests.wrangler_compat.d1.transcript import Program
from tests.wrangler_compat.dev import IN_BOTH_LANGUAGES, answer_of

pytestmark = pytest.mark.own_clock

CONFIG = """\
[[d1_databases]]
binding = "DB"
database_name = "links"
database_id = "11111111-2222-3333-4444-555555555555"
"""
PYTHON = """\
from pyodide.ffi import JsException
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        db = self.env.DB
        insert = db.prepare("INSERT INTO links VALUES (?, ?)")
        await db.batch([insert.bind("a", 5), insert.bind("b", None)])
        rows = await db.prepare("SELECT * FROM links").all()
        try:
            insert.bind("c", {"no": "value of SQL"})
        except JsException as error:
            refused = error.message
        try:
            await insert.bind("a", 6).run()
        except JsException as error:
            failed = error.message
        shown = [{"name": row.name, "n": row["n"]} for row in rows.results]
        return Response.json([shown, rows.meta.changed_db, refused, failed])
"""
JAVASCRIPT = """\
export default {
  async fetch(request, env) {
    const insert = env.DB.prepare("INSERT INTO links VALUES (?, ?)");
    await env.DB.batch([insert.bind("a", 5), insert.bind("b", null)]);
    const rows = await env.DB.prepare("SELECT * FROM links").all();
    let refused, failed;
    try { insert.bind("c", { no: "value of SQL" }) } catch (error) { refused = error.message }
    try { await insert.bind("a", 6).run() } catch (error) { failed = error.message }
    return Response.json([rows.results, rows.meta.changed_db, refused, failed]);
  },
};
"""
ANSWER = [
    [{"name": "a", "n": 5}, {"name": "b", "n": None}],
    False,
    "D1_TYPE_ERROR: Type 'object' not supported for value '[object Object]'",
    "D1_ERROR: UNIQUE constraint failed: links.name: "
    "SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
]


@IN_BOTH_LANGUAGES
def test_a_worker_finds_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ours: Program, main: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    table = "CREATE TABLE links (name TEXT PRIMARY KEY, n INTEGER)"
    assert ours(("d1", "execute", "DB", "--command", table)).code == 0
    answer, lines = answer_of(tmp_path, CONFIG, main, PYTHON if main == "entry.py" else JAVASCRIPT)
    assert answer == ANSWER
    assert any("env.DB (11111111-2222-3333-4444-555555555555)" in line for line in lines)
