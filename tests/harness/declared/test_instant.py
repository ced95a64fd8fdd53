"""From classic KV to a namespace of KV Instant: metadata, long keys and the rate of writes are found."""

from pathlib import Path

import pytest

from harness.cli.run import Wanted, open_migration
from kvstore import Entry
from tests.harness.declared.declaring import codes, declared, rehearsed, worker

BEFORE = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        text = await self.env.KV.get("note:" + request.url.rpartition("/")[2])
        return Response("nothing", status=404) if text is None else Response(text)
"""
AFTER = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = request.url.rpartition("/")[2]
        if name != "all":
            text = await self.env.FAST.get("note:" + name)
            return Response("nothing", status=404) if text is None else Response(text)
        moved = 0
        for key in (await self.env.KV.list(prefix="note:"))["keys"]:
            if await self.env.FAST.get(key["name"]) is not None:
                continue
            both = await self.env.KV.getWithMetadata(key["name"])
            await self.env.FAST.put(key["name"], both.value OPTIONS)
            moved += 1
        return Response.json({"done": moved == 0})
"""
MIGRATION = """
from harness import Migration

m = Migration("faster", before="old", after="new", binding="KV", answers="changed")

@m.becomes("note:")
def note(name, old):
    return old.at("note:" + name, binding="FAST")

@m.operator
async def runbook(op):
    await op.deploy("after")
    await op.until_done("/all")
"""
NOTES = {("KV", f"note:{number}"): Entry(b"text") for number in range(3)}
DESCRIBED = {("KV", "note:1"): Entry(b"text", metadata='{"by":"me"}')}
LONG = {("KV", "note:" + "x" * 400): Entry(b"text")}


def migration(folder: Path, options: str = "") -> Path:
    worker(folder / "old", BEFORE)
    worker(folder / "new", AFTER.replace(" OPTIONS", options), ["KV", "FAST"])
    return declared(folder, MIGRATION)


@pytest.mark.parametrize(
    ("entries", "options", "code"),
    [
        (NOTES, "", "write-rate"),
        (LONG, "", "key-refused"),
        (DESCRIBED, ", metadata=both.metadata", "key-refused"),
    ],
)
def test_a_move_to_instant_finds(
    tmp_path: Path, entries: dict[tuple[str, str], Entry], options: str, code: str
) -> None:
    result = rehearsed(migration(tmp_path, options), entries, explore=["crashes"], conditions="instant")
    assert code in codes(result)


def test_metadata_that_is_left_behind_is_found(tmp_path: Path) -> None:
    result = rehearsed(migration(tmp_path), DESCRIBED, explore=["crashes"], conditions="instant")
    assert any("metadata" in one.finding.what for one in result.damage)


def test_what_instant_does_not_take_is_said_before_anything_runs(tmp_path: Path) -> None:
    path = migration(tmp_path)
    source = tmp_path / "notes.json"
    key = "note:" + "x" * 400
    source.write_text(
        f'[{{"key": "note:1", "value": "a", "metadata": {{"by": "me"}}}}, {{"key": "{key}", "value": "b"}}]'
    )
    said = " ".join(open_migration(Wanted(path, [str(source)], conditions="instant")).about.left)
    assert "1 entries have metadata, which KV Instant has not: note:1" in said
    assert "more than 300 bytes" in said
    assert "2 writes take 2 s at least" in said
    assert "Instant" not in " ".join(open_migration(Wanted(path, [str(source)])).about.left)
