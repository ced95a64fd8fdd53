"""Durable Objects in a declared migration: each once, whatever location asks, with what it stored."""

from pathlib import Path

import pytest

from harness.migration import MigrationError
from harness.model.scenario import Scenario
from harness.rehearsal.subject import Subject, loaded
from kvstore import Entry
from tests.harness.declared.declaring import (
    BEGAN,
    MOVED,
    bound,
    codes,
    declared,
    rehearsed,
    subject_of,
    worker,
)

# One object for each entry moves it, and says whether it has: two requests do not move it twice.
MOVES = """
from urllib.parse import urlparse
from workers import DurableObject, Response, WorkerEntrypoint

class Mover(DurableObject):
    async def move(self, name):
        if await self.ctx.storage.get("moved"):
            return
        value = await self.env.KV.get("old:" + name)
        if value is not None:
            await self.env.KV.put("new:" + name, value)
            await self.ctx.storage.put("moved", True)

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        kv, path = self.env.KV, urlparse(request.url).path
        if path == "/admin/copy":
            for key in (await kv.list(prefix="old:"))["keys"]:
                name = key["name"][4:]
                await self.env.MOVER.get(self.env.MOVER.idFromName(name)).move(name)
            return Response.json({"done": True})
        if path == "/admin/remove":
            for key in (await kv.list(prefix="old:"))["keys"]:
                if await kv.get("new:" + key["name"][4:]) is not None:
                    await kv.delete(key["name"])
            return Response.json({"done": True})
        found = await kv.get("new:" + path[1:]) or await kv.get("old:" + path[1:])
        return Response(found or "", status=404 if found is None else 200)
"""
DECLARED = f"""{MOVED}
@m.operator
async def runbook(op):
    for step in ("copy", "remove"):
        await op.until_done("/admin/" + step)
        await op.settle()

@m.reads("old:")
async def read(who, name):
    return (await who.get("/" + name)).status == 200
"""
BOUND = bound("Mover")
ENTRIES = {("KV", f"old:{name}"): Entry(b"v") for name in "abcd"}


def moved(folder: Path, code: str = MOVES, binding: str = BOUND) -> Path:
    """A migration whose Worker has a Durable Object."""
    worker(folder / "app", code)
    with (folder / "app" / "wrangler.toml").open("a") as config:
        config.write(binding)
    return declared(folder, DECLARED)


def test_entries_moved_by_a_durable_object_are_moved(tmp_path: Path) -> None:
    subject = subject_of(moved(tmp_path), ENTRIES)
    record = subject.simulate(Scenario(entries=4, colos=3, readers=2))
    assert record.moved
    assert all(one.held for one in subject.judge(record))


def test_mistakes_of_a_durable_object_are_found(tmp_path: Path) -> None:
    code = MOVES.replace('put("new:" + name, value)', 'put("new:" + name, value.upper())')
    assert "value-changed" in codes(
        rehearsed(moved(tmp_path, code), ENTRIES, explore=("schedules",), seeds=range(1, 9))
    )


def test_the_object_is_one_for_all_locations_and_outlives_a_deployment(tmp_path: Path) -> None:
    path = moved(tmp_path)
    again = '("copy", "copy", "remove"):\n        await op.deploy("after")'
    twice = DECLARED.replace('("copy", "remove"):', again)
    path.write_text(twice)
    record = subject_of(path, ENTRIES).simulate(Scenario(entries=4, colos=3, readers=2))
    assert [event.verb for event in record.writes].count("put") == len(ENTRIES)


def test_a_class_that_is_not_there_or_elsewhere_is_said(tmp_path: Path) -> None:
    path = moved(tmp_path, MOVES.replace("class Mover(", "class Other("))
    with pytest.raises(MigrationError, match="has no class Mover: a Worker must export the classes"):
        loaded(Subject(path, (), BEGAN))
    elsewhere = tmp_path / "elsewhere"
    path = moved(elsewhere, binding=BOUND.replace('"Mover"\n\n', '"Mover"\nscript_name = "other"\n\n'))
    with pytest.raises(MigrationError, match="binds MOVER to a class of the Worker other"):
        loaded(Subject(path, (), BEGAN))
