"""``dev`` with a D1 database: for Python in its process, for JavaScript in the real workerd."""

from pathlib import Path

import httpx
import pytest

from tests.wrangler_compat.d1.transcript import Program
from tests.wrangler_compat.dev import Dev
from tests.wrangler_compat.test_dev_javascript import REAL

pytestmark = pytest.mark.own_clock

CONFIG = """\
name = "demo"
main = "{main}"
compatibility_date = "2026-04-20"
compatibility_flags = {flags}
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


@pytest.mark.parametrize(
    ("main", "code", "flags"),
    [
        ("entry.py", PYTHON, ["python_workers"]),
        pytest.param("index.js", JAVASCRIPT, [], marks=pytest.mark.workerd),
    ],
)
def test_a_worker_finds_its_database(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ours: Program,
    main: str,
    code: str,
    flags: list[str],
) -> None:
    if main.endswith(".js") and not (REAL / "workerd").exists():
        pytest.skip("the real workerd is not installed: npm install --prefix .real wrangler@4.86.0")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrangler.toml").write_text(CONFIG.format(main=main, flags=flags))
    (tmp_path / main).write_text(code)
    table = "CREATE TABLE links (name TEXT PRIMARY KEY, n INTEGER)"
    assert ours(("d1", "execute", "DB", "--command", table)).code == 0
    parts = {f"{part.upper()}_BIN": str(REAL / part) for part in ("workerd", "esbuild")}
    dev = Dev(tmp_path, "--port=0", environ=parts)
    try:
        answer = httpx.get(dev.url, trust_env=False, timeout=30)
    finally:
        dev.stop()
    assert answer.json() == ANSWER
    assert any("env.DB (11111111-2222-3333-4444-555555555555)" in line for line in dev.lines)
