"""Durable Objects in a declared migration: each once, whatever location asks, with what it stored."""

import json
from pathlib import Path

import pytest

from harness.cli.run import Wanted, open_migration, run_again
from harness.migration import MigrationError
from harness.model.scenario import Scenario
from harness.rehearsal.subject import Subject, loaded
from harness.terminal.output import json_text
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
from tests.harness.report.test_document import errors

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


def test_calls_of_objects_are_operations_that_a_run_lists(tmp_path: Path) -> None:
    subject = subject_of(moved(tmp_path), ENTRIES)
    called = subject.simulate(Scenario(entries=2)).called
    first = [(one.invocation, one.ordinal, one.label, one.answer, one.error) for one in called]
    # Before it is the listing; a read and a write of the first object are between the two.
    assert first == [
        ("operator.1", 2, "Mover(a) move", "null", None),
        ("operator.1", 5, "Mover(b) move", "null", None),
    ]
    assert all(one.began < one.at for one in called)
    refused = subject.simulate(Scenario.read("seed=1 entries=2 faults=unanswered@operator.1:2"))
    assert refused.called[0].error == "Error: Network connection lost."
    assert [event.key for event in refused.writes if event.invocation == "operator.1"] == ["new:a"]
    assert [call.status for call in refused.calls[:2]] == [500, 200]
    assert all(one.held for one in subject.judge(refused)), "it is done all the same, and asked again"


def test_a_finding_tells_which_call_it_comes_of(tmp_path: Path) -> None:
    code = MOVES.replace(
        'put("new:" + name, value)',
        'put("new:" + name, value + str(len(name)))\n            return {"moved": name}',
    )
    subject = subject_of(moved(tmp_path, code), ENTRIES)
    record = subject.simulate(Scenario(entries=2))
    (found,) = [
        finding
        for one in subject.judge(record)
        for finding in one.findings
        if finding.code == "value-changed"
    ]
    told = [moment.what for moment in found.moments]
    assert 'calls Mover(a) move → {"moved":"a"}' in told
    assert not any("Mover(b)" in one for one in told), "of another entry"


def test_a_worker_waits_for_any_number_of_objects_that_ask_kv(tmp_path: Path) -> None:
    """A call of an object is none of the six connections that a request has."""
    code = MOVES.replace(
        """            for key in (await kv.list(prefix="old:"))["keys"]:
                name = key["name"][4:]
                await self.env.MOVER.get(self.env.MOVER.idFromName(name)).move(name)
""",
        """            import asyncio
            names = [key["name"][4:] for key in (await kv.list(prefix="old:"))["keys"]]
            await asyncio.gather(*(self.env.MOVER.getByName(name).move(name) for name in names))
""",
    )
    entries = {("KV", f"old:{name}"): Entry(b"v") for name in "abcdefgh"}
    record = subject_of(moved(tmp_path, code), entries).simulate(Scenario(entries=8))
    assert len(record.called) == len(entries)


def test_whoever_waits_for_an_object_that_a_fault_ends_is_no_mistake_of_the_worker(tmp_path: Path) -> None:
    code = MOVES.replace(
        "\nclass Default",
        """
    async def look(self, name):
        return await self.env.KV.get("new:" + name) or await self.env.KV.get("old:" + name)

class Default""",
    ).replace(
        """await kv.get("new:" + path[1:]) or await kv.get("old:" + path[1:])""",
        """await self.env.MOVER.getByName(path[1:]).look(path[1:])""",
    )
    subject = subject_of(moved(tmp_path, code), ENTRIES)
    line = "seed=1 entries=2 at_once=read@operator.1 order=operator.1:6+1 faults=crash@operator.1:6"
    record = subject.simulate(Scenario.read(line))
    assert [call.status for call in record.calls if call.role == "reader"] == [500]
    assert all(one.held for one in subject.judge(record))


def test_a_run_that_is_told_has_the_calls_of_each_request(tmp_path: Path) -> None:
    entries = tmp_path / "entries.json"
    entries.write_text(json.dumps([{"key": "old:a", "value": "v"}]))
    opened = open_migration(Wanted(moved(tmp_path), [str(entries)], "2026-11-29T12:00:00Z"))
    told = run_again(opened, "seed=1 entries=1 faults=refused@operator.1:2", trace=True)
    document = json.loads(json_text(told.document))
    assert not errors(document)
    calls = [(one["request"], one["ordinal"], one["called"], one["error"]) for one in document["objectCalls"]]
    assert calls == [
        ("operator.1", 2, "move", "Error: Network connection lost."),
        ("operator.2", 2, "move", None),
    ]
    assert "Mover(a) move: fails: Error: Network connection lost." in told.text
    assert "Mover(a) move: null" in told.text
