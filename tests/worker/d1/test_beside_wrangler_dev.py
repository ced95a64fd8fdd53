"""One database, used at once by our binding and by a Worker in the real ``wrangler dev``.

Ours waits for a lock that the other holds, and never fails. The real one does not wait: what meets a commit
of ours is refused, changes nothing, and succeeds when the Worker tries again.
"""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.kvstore.test_beside_wrangler_dev import wrangler_dev
from worker.d1 import D1Database, DatabaseFolder

pytestmark = [pytest.mark.anyio, pytest.mark.wrangler]

IDENTITY = "11111111-2222-3333-4444-555555555555"
CONFIG = f"""\
name = "demo"
main = "index.js"
compatibility_date = "2026-04-20"
d1_databases = [{{ binding = "DB", database_name = "links", database_id = "{IDENTITY}" }}]
"""
WORKER = """\
export default {
  async fetch(request, env) {
    const [sql, ...values] = await request.json();
    try {
      return Response.json((await env.DB.prepare(sql).bind(...values).all()).results);
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};
"""
ROWS = 40
ATTEMPTS = 50
INSERT = "INSERT INTO t VALUES (?, ?)"
COUNT = "SELECT count(*) AS n FROM t WHERE who = ?"


async def test_simultaneous_writers_see_each_others_rows(tmp_path: Path) -> None:
    folder = DatabaseFolder(tmp_path / "state" / "v3" / "d1")
    ours = D1Database(folder(IDENTITY))
    await ours.exec("CREATE TABLE t (who TEXT, n INTEGER)")
    async with (
        wrangler_dev(tmp_path, tmp_path / "state", CONFIG, WORKER) as url,
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http,
    ):

        async def theirs(*asked: str | int) -> list[dict[str, int]]:
            for _ in range(ATTEMPTS):
                answer = await http.post("/", json=asked)
                if answer.status_code == 200:
                    rows: list[dict[str, int]] = answer.json()
                    return rows
            raise AssertionError(answer.text)

        async def we_write() -> None:
            for n in range(ROWS):
                await ours.prepare(INSERT).bind("ours", n).run()

        async def they_write() -> None:
            for n in range(ROWS):
                await theirs(INSERT, "theirs", n)

        await asyncio.gather(we_write(), they_write())
        for who in ("ours", "theirs"):
            assert await theirs(COUNT, who) == [{"n": ROWS}]
            assert await ours.prepare(COUNT).bind(who).first("n") == ROWS
    await folder.close()
