"""What clients did is the truth wherever it is kept: in the end nobody can tell that something was moved."""

from pathlib import Path

import pytest

from kvstore import Entry
from tests.harness.declared.declaring import MOVED, RUNBOOK, bound, codes, declared, rehearsed, worker

OLD = """
from urllib.parse import urlparse
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        key = "count:" + urlparse(request.url).path[1:]
        text = await self.env.KV.get(key)
        if request.method == "POST":
            await self.env.KV.put(key, str(int(text or 0) + 1))
        return Response(text or "", status=404 if text is None else 200)
"""
# An object for each count takes over what is in KV when somebody comes for the first time.
NEW = """
from urllib.parse import urlparse
from workers import DurableObject, Response, WorkerEntrypoint

class Counter(DurableObject):
    async def value(self, name):
        if await self.ctx.storage.get("value") is None:
            text = await self.env.KV.get("count:" + name)
            if text is not None and await self.ctx.storage.get("value") is None:
                await self.ctx.storage.put("value", int(text))
        return await self.ctx.storage.get("value")

    async def count(self, name):
        value = await self.value(name)
        await self.ctx.storage.put("value", (value or 0) + 1)
        return value

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlparse(request.url).path[1:]
        if path.startswith("admin/"):
            for key in (await self.env.KV.list(prefix="count:"))["keys"]:
                name = key["name"][6:]
                taken = await self.counter(name).value(name)
                if path == "admin/back":
                    await self.env.KV.put(key["name"], str(taken))
                elif path == "admin/remove" and taken is not None:
                    await self.env.KV.delete(key["name"])
            return Response.json({"done": True})
        counter = self.counter(path)
        value = await (counter.count(path) if request.method == "POST" else counter.value(path))
        return Response(str(value or ""), status=404 if value is None else 200)

    def counter(self, name):
        return self.env.COUNTER.get(self.env.COUNTER.idFromName(name))
"""
BOUND = bound("Counter")
DECLARED = """
from harness import Migration

m = Migration("counts", before="old", after="new", binding="KV")

@m.becomes("count:")
def count(name, old):
    return None

@m.operator
async def runbook(op):
    await op.deploy("after")
    await op.settle()
    for step in ("take", "remove"):
        await op.until_done("/admin/" + step)
        await op.settle()

@m.reads("count:")
async def read(who, name):
    return (await who.get("/" + name)).status == 200

@m.changes("count:")
async def more(who, name):
    await who.post("/" + name)
"""
ENTRIES = {("KV", f"count:{name}"): Entry(b"5") for name in "abc"}
TAKEN = "taken = await self.counter(name).value(name)"
COUNTED = 'await self.ctx.storage.put("value", (value or 0) + 1)'
LOOK, SECOND_LOOK = (f'{word} await self.ctx.storage.get("value") is None' for word in ("if", "and"))
VALUE, TEXT = 'Response(str(value or "")', 'Response(text or ""'
CLOSED = """        path = urlparse(request.url).path[1:]
        if request.method == "POST" and not path.startswith("admin/"):
            return Response("please come again later", status=409)
"""


def found(
    folder: Path, old: str = OLD, new: str = NEW, text: str = DECLARED, part: str = "interruptions"
) -> list[str]:
    """What a part of the rehearsal of a migration from KV into objects shows."""
    worker(folder / "old", old)
    worker(folder / "new", new)
    with (folder / "new" / "wrangler.toml").open("a") as config:
        config.write(BOUND)
    return sorted(codes(rehearsed(declared(folder, text), ENTRIES, explore=(part,))))


def test_what_clients_count_in_objects_stays(tmp_path: Path) -> None:
    assert not found(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {SECOND_LOOK: ""},  # whoever came while KV was asked has counted in vain
        {SECOND_LOOK: "", LOOK: "if True"},  # what is in KV counts as newer as long as it is there
        {TAKEN: TAKEN.replace("value", "count")},  # who moves it counts, too
    ],
)
def test_what_a_migration_changes_in_objects_is_found(tmp_path: Path, wrong: dict[str, str]) -> None:
    new = NEW
    for right, other in wrong.items():
        assert right in new
        new = new.replace(right, other)
    assert found(tmp_path, new=new) == ["changed-at-the-end"]


def test_what_is_added_once_more_by_another_try_is_found(tmp_path: Path) -> None:
    adds = """        text = await self.env.KV.get("count:" + name)
        if text is not None:
            await self.ctx.storage.put("value", (await self.ctx.storage.get("value") or 0) + int(text))
            await self.env.KV.delete("count:" + name)
        return await self"""
    start, end = (
        NEW.index("        if await self.ctx"),
        NEW.index("        return await self") + len("        return await self"),
    )
    assert not found(tmp_path / "right", part="crashes")
    wrong = NEW[:start] + adds + NEW[end:]
    assert "changed-at-the-end" in found(tmp_path / "wrong", new=wrong, part="crashes")


def test_a_way_back_to_old_counts_is_found(tmp_path: Path) -> None:
    back = """
@m.rollback
async def back(op):
    await op.until_done("/admin/take")
    await op.deploy("before")
"""
    kept = DECLARED.replace(', "remove")', ",)").replace('binding="KV"', 'binding="KV", keeps_originals=True')
    both = NEW.replace(
        COUNTED, f'{COUNTED}\n        await self.env.KV.put("count:" + name, str((value or 0) + 1))'
    )
    assert both != NEW
    assert not found(tmp_path / "right", new=both, text=kept + back)
    assert found(tmp_path / "wrong", text=kept + back) == ["changed-at-the-end"]


def test_what_differs_by_itself_or_by_declaration_is_not_compared(tmp_path: Path) -> None:
    times = (TEXT, "Response((text or '') + str(time.time())"), (VALUE, "Response(str(time.time())")
    assert not found(
        tmp_path / "time", "import time\n" + OLD.replace(*times[0]), "import time\n" + NEW.replace(*times[1])
    )
    wrong, changed = (
        NEW.replace(SECOND_LOOK, ""),
        DECLARED.replace('"count:")\nasync', '"count:", answers="changed")\nasync'),
    )
    assert not found(tmp_path / "changed", new=wrong, text=changed)


def test_what_a_client_was_refused_is_not_missed(tmp_path: Path) -> None:
    """A Worker that takes no orders while it moves."""
    assert not found(tmp_path, new=NEW.replace("        path = urlparse(request.url).path[1:]\n", CLOSED))


LIKED = """
from urllib.parse import urlparse
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        kv, db, name = self.env.KV, self.env.DB, urlparse(request.url).path[1:]
        if name == "move":
            for key in (await kv.list(prefix="old:"))["keys"]:
                name = key["name"][4:]
                await kv.put("new:" + name, await kv.get(key["name"]))
                await db.prepare("INSERT OR IGNORE INTO likes VALUES (?, 0)").bind(name).run()
            return Response.json({"done": True})
        if request.method == "POST":
            more = "INSERT INTO likes VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = n + 1"
            await db.prepare(more).bind(name).run()
        text = await kv.get("new:" + name) or await kv.get("old:" + name)
        likes = await db.prepare("SELECT n FROM likes WHERE name = ?").bind(name).first("n")
        return Response.json({"text": text, "likes": likes or 0})
"""
LIKES = f"""
{MOVED.replace('binding="KV"', 'binding="KV", keeps_originals=True')}
{RUNBOOK}
@m.reads("old:")
async def read(who, name):
    return (await who.get("/" + name)).ok

@m.changes("old:")
async def like(who, name):
    await who.post("/" + name)
"""
DATABASE = """
[[d1_databases]]
binding = "DB"
database_id = "11111111-2222-3333-4444-555555555555"
"""


@pytest.mark.parametrize(("insert", "is_right"), [("IGNORE", True), ("REPLACE", False)])
def test_rows_of_a_table_that_nothing_becomes_are_left_as_clients_wrote_them(
    tmp_path: Path, insert: str, *, is_right: bool
) -> None:
    worker(tmp_path / "app", LIKED.replace("OR IGNORE", f"OR {insert}"))
    with (tmp_path / "app" / "wrangler.toml").open("a") as config:
        config.write(DATABASE)
    (tmp_path / "app" / "migrations").mkdir()
    table = "CREATE TABLE likes (name TEXT PRIMARY KEY, n INTEGER)"
    (tmp_path / "app" / "migrations" / "0001_likes.sql").write_text(table)
    entries = {("KV", f"old:{name}"): Entry(b"v") for name in "ab"}
    result = rehearsed(declared(tmp_path, LIKES), entries, explore=("interruptions",))
    assert not codes(result) if is_right else "changed-at-the-end" in codes(result)
