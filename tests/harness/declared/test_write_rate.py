"""A write that comes too soon after another of its key: refused as published, or confirmed and lost."""

from pathlib import Path

import pytest

from harness.model.scenario import Scenario
from harness.parameters import size
from kvstore import Entry
from tests.harness.declared.declaring import RUNBOOK, codes, declared, rehearsed, subject_of, worker

WORKER = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = request.url.rpartition("/")[2]
        if request.method == "PUT":
            await self.env.KV.put("note:" + name, "new", metadata={"titled": True})
            return Response("kept")
        if name != "move":
            text = await self.env.KV.get("note:" + name)
            return Response("nothing", status=404) if text is None else Response(text)
        for key in (await self.env.KV.list(prefix="note:"))["keys"]:
            if not key.get("metadata"):
                text = await self.env.KV.get(key["name"])
                await self.env.KV.put(key["name"], text, metadata={"titled": True})
        return Response.json({"done": True})
"""
MIGRATION = f"""
from harness import Migration

m = Migration("notes", before="new", after="new", binding="KV", answers="changed")

@m.becomes("note:")
def note(name, old):
    return old.at("note:" + name, metadata={{"titled": True}})
{RUNBOOK}
@m.changes("note:")
async def write(who, name):
    if (await who.put("/" + name)).ok:
        who.made(name)
"""
NOTES = {("KV", f"note:{number}"): Entry(b"old") for number in range(2)}


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    worker(tmp_path / "new", WORKER)
    return declared(tmp_path, MIGRATION)


def test_an_update_that_is_lost_for_the_migrations_write_is_found_and_shown_again(migration: Path) -> None:
    result = rehearsed(migration, NOTES, explore=["interruptions"], write_rate="lost")
    (found,) = [one for one in result.damage if one.key[1] == "update-lost"]
    assert "confirmed and lost" in found.finding.what
    assert "write_rate=lost" in str(found.scenario)
    subject = subject_of(migration, NOTES)
    record = subject.simulate(found.scenario)
    assert [event.key for event in record.lost] == list(found.finding.keys)


def test_nothing_is_lost_where_it_is_refused(migration: Path) -> None:
    result = rehearsed(migration, NOTES, explore=["interruptions"])
    assert "update-lost" not in codes(result)


def test_a_search_of_schedules_has_both(migration: Path) -> None:
    result = rehearsed(migration, NOTES, explore=["schedules"], seeds=range(1, 60), write_rate="lost")
    (schedules,) = result.parts
    assert {one.write_rate for one in schedules.scenarios} == {"refused", "lost"}


def test_shrink_prefers_a_refused_write_to_a_lost_one() -> None:
    assert size(Scenario(write_rate="lost")) > size(Scenario())
    assert Scenario.read("write_rate=lost").platform.allowance.write_rate == "lost"
