"""``dev --conditions`` with D1: faults, limits and replicas, for Workers in both languages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from .dev import REAL, Dev, wrangler
from .test_dev_conditions import LANGUAGES, advance, running

pytestmark = pytest.mark.own_clock

CONFIG = """
name = "notes"
main = "{main}"
compatibility_date = "2025-10-08"
compatibility_flags = [{flags}]
[[d1_databases]]
binding = "DB"
database_name = "notes"
database_id = "11111111-2222-3333-4444-555555555555"
"""
PYTHON = """
from urllib.parse import urlparse
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        db, path = self.env.DB, urlparse(request.url).path
        if path == "/many":
            for _ in range(51):
                await db.prepare("SELECT 1").first()
        if path == "/day":
            return Response(await db.prepare("SELECT date('now') AS day").first("day"))
        if request.method == "PUT":
            await db.prepare("INSERT INTO notes VALUES (1)").run()
            await db.prepare("INSERT INTO log VALUES (1)").run()
            return Response("", status=201)
        count = "SELECT (SELECT count(*) FROM notes) || ' ' || (SELECT count(*) FROM log) AS n"
        return Response(await db.withSession().prepare(count).first("n"))
"""
JAVASCRIPT = """
export default { async fetch(request, env) {
  const db = env.DB, path = new URL(request.url).pathname;
  if (path === "/many") for (let at = 0; at < 51; at++) await db.prepare("SELECT 1").first();
  if (path === "/day") return new Response(await db.prepare("SELECT date('now') AS day").first("day"));
  if (path === "/names") return Response.json(Object.keys(env));
  if (request.method === "PUT") {
    await db.prepare("INSERT INTO notes VALUES (1)").run();
    await db.prepare("INSERT INTO log VALUES (1)").run();
    return new Response(null, { status: 201 });
  }
  const count = "SELECT (SELECT count(*) FROM notes) || ' ' || (SELECT count(*) FROM log) AS n";
  return new Response(await db.withSession().prepare(count).first("n"));
} };
"""


@contextmanager
def serving(language: str, folder: Path, *flags: str) -> Iterator[tuple[Dev, httpx.Client]]:
    """A Worker that writes two rows, one after the other, to tables of its own."""
    python = language == "python"
    if not python and not ((REAL / "workerd").exists() and (REAL / "esbuild").exists()):
        pytest.skip("workerd or esbuild is not installed: npm install --prefix .real wrangler@4.86.0")
    main = "notes.py" if python else "notes.js"
    (folder / main).write_text(PYTHON if python else JAVASCRIPT)
    (folder / "wrangler.toml").write_text(
        CONFIG.format(main=main, flags='"python_workers"' if python else "")
    )
    tables = "CREATE TABLE notes (x); CREATE TABLE log (x)"
    assert wrangler("d1", "execute", "DB", "--command", tables, cwd=folder).returncode == 0
    with running(folder, *flags) as served:
        yield served


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("fault", "said", "rows"),
    [
        ("crash@2", "The request was cut off before operation 2", "1 0"),
        ("refused@1", "D1_ERROR: D1 DB is overloaded. Requests queued for too long.", "0 0"),
        ("unanswered@1", "D1_ERROR: Network connection lost.", "1 0"),
    ],
)
def test_a_fault_happens_to_the_call_that_is_counted(
    language: str, fault: str, said: str, rows: str, tmp_path: Path
) -> None:
    with serving(language, tmp_path, "--fault", fault) as (dev, client):
        failed = client.put("/")
        assert (failed.status_code, said in failed.text) == (500, True)
        dev.read_until(f"--fault {fault} happened during PUT /")
        assert client.get("/").text == rows
        assert client.put("/").status_code == 201


@pytest.mark.parametrize("language", LANGUAGES)
def test_sessions_elsewhere_read_replicas_that_are_behind(language: str, tmp_path: Path) -> None:
    with serving(language, tmp_path, "--lag=600000") as (_, client):
        assert client.get("/cdn-cgi/local/colo/NRT/").text == "0 0"
        assert client.put("/").status_code == 201
        # What another program writes is behind, too.
        by_hand = ("--command", "INSERT INTO log VALUES (2)")
        assert wrangler("d1", "execute", "DB", *by_hand, cwd=tmp_path).returncode == 0
        assert client.get("/cdn-cgi/local/colo/NRT/").text == "0 0"
        assert client.get("/").text == "0 0"
        advance(client, "10m")
        assert client.get("/cdn-cgi/local/colo/NRT/").text == "1 2"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_has_a_budget_of_queries_and_time_is_the_movable(language: str, tmp_path: Path) -> None:
    with serving(language, tmp_path, "--conditions=free") as (_, client):
        many = client.get("/many")
        # The product's text, without the prefix of an error that the database answers.
        assert "Error: Too many API requests by single Worker invocation." in many.text
        assert client.get("/").text == "0 0"
        before = client.get("/day").text
        advance(client, "3d")
        assert client.get("/day").text > before


@pytest.mark.workerd
def test_a_worker_sees_its_bindings_only(tmp_path: Path) -> None:
    with serving("javascript", tmp_path, "--conditions=local") as (_, client):
        assert client.get("/names").json() == ["DB"]


@pytest.mark.parametrize("lag", ["-1", "0.5", "86400001"])
def test_a_lag_that_is_none_is_named(lag: str, tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text(PYTHON)
    (tmp_path / "wrangler.toml").write_text(CONFIG.format(main="notes.py", flags='"python_workers"'))
    done = wrangler("dev", f"--lag={lag}", cwd=tmp_path)
    assert done.returncode == 1
    assert f"--lag takes a whole number of milliseconds from 0 to 86400000, but got {float(lag):.10g}" in (
        done.stdout + done.stderr
    )
