"""Entries that move from KV to rows of D1: what a naive Worker loses is found, and a careful one passes."""

from pathlib import Path

import pytest

from harness.model.scenario import Scenario
from kvstore import Entry
from tests.harness.declared.declaring import WRANGLER, codes, declared, rehearsed, subject_of

DATABASE = """
[[kv_namespaces]]
binding = "KV"

[[d1_databases]]
binding = "DB"
database_name = "links"
database_id = "links"
"""
TABLE = "CREATE TABLE links (name TEXT PRIMARY KEY, url TEXT NOT NULL);"
BEFORE = """
from urllib.parse import unquote, urlparse

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        found = await self.env.KV.get("link:" + unquote(urlparse(request.url).path[1:]))
        return Response("", status=404) if found is None else Response(found)
"""
AFTER = """
from urllib.parse import unquote, urlparse

from workers import Response, WorkerEntrypoint

INSERT = "INSERT INTO links VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET url = excluded.url"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlparse(request.url).path[1:]
        if path == "admin/move":
            return await self.move()
        return await self.show(unquote(path))

    async def show(self, name):
        url = await self.row(name)
        if url is None:
            url = await self.env.KV.get("link:" + name)
        if url is None:
            url = await self.row(name)
        return Response("", status=404) if url is None else Response(url)

    async def row(self, name):
        return await self.env.DB.prepare("SELECT url FROM links WHERE name = ?").bind(name).first("url")

    async def move(self):
        page = await self.env.KV.list(prefix="link:", limit=5)
        for key in page["keys"]:
            await self.one(key["name"])
        return Response.json({"done": page["list_complete"]})

    async def insert(self, key, url):
        await self.env.DB.prepare(INSERT).bind(key.removeprefix("link:"), url).run()
"""
ORDERS = {
    "careful": """
    async def one(self, key):
        url = await self.env.KV.get(key)
        if url is not None:
            await self.insert(key, url)
            await self.env.KV.delete(key)
""",
    "naive": """
    async def one(self, key):
        url = await self.env.KV.get(key)
        if url is not None:
            await self.env.KV.delete(key)
            await self.insert(key, url)
""",
}
DECLARED = """
from harness import Migration, Row

m = Migration("links", before="before", after="after", binding="KV")


@m.becomes("link:")
def link(name, old):
    return Row("links", {"name": name, "url": old.text})


@m.operator
async def runbook(op):
    await op.deploy("after")
    await op.until_done("/admin/move")
    await op.settle()


@m.reads("link:")
async def read(who, name):
    return (await who.get(f"/{name}")).status == 200
"""
ENTRIES = {("KV", f"link:{name}"): Entry(f"https://{name}.example".encode()) for name in "abcdefg"}


def migration(folder: Path, order: str) -> Path:
    for stage, code in (("before", BEFORE), ("after", AFTER + ORDERS[order])):
        (folder / stage / "migrations").mkdir(parents=True)
        (folder / stage / "wrangler.toml").write_text(WRANGLER + DATABASE)
        (folder / stage / "entry.py").write_text(code)
    (folder / "after" / "migrations" / "0001_links.sql").write_text(TABLE)
    return declared(folder, DECLARED)


@pytest.mark.parametrize(("lag", "missed"), [(0, False), (60_000, True)])
def test_a_read_from_a_replica_misses_rows_not_replicated_yet(tmp_path: Path, lag: int, missed: bool) -> None:
    path = migration(tmp_path, "careful")
    entry = tmp_path / "after" / "entry.py"
    entry.write_text(entry.read_text().replace('DB.prepare("SELECT', 'DB.withSession().prepare("SELECT'))
    subject = subject_of(path, ENTRIES)
    found = set()
    for seed in range(1, 9):
        scenario = Scenario.read(f"seed={seed} entries=2 readers=2 colos=2 lag={lag}")
        verdicts = subject.judge(subject.simulate(scenario))
        found |= {finding.code for one in verdicts for finding in one.findings}
    assert found == ({"not-found"} if missed else set())


@pytest.mark.parametrize(("order", "lost"), [("careful", False), ("naive", True)])
def test_a_fault_at_every_operation_finds_rows_that_are_lost(tmp_path: Path, order: str, lost: bool) -> None:
    result = rehearsed(migration(tmp_path, order), ENTRIES, explore=["crashes"])
    assert codes(result) == ({"not-found", "nowhere-for-a-while", "lost"} if lost else set())
