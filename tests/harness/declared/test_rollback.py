"""The way back: what clients did since is in the old layout, and whatever strikes it does no damage."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.model.outcomes import place_of
from harness.model.scenario import Scenario
from harness.rehearsal.result import Result
from harness.rehearsal.subject import loaded
from kvstore import Entry
from tests.harness.declared.declaring import BEGAN, codes, declared, rehearsed, subject_of, worker

# One Worker at all stages: what it writes, its variable says. A note is text, and was JSON.
NOTES = """
import json
import time
from urllib.parse import parse_qs, unquote, urlparse
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url, kv = urlparse(request.url), self.env.KV
        if url.path.startswith("/admin/"):
            cursor = parse_qs(url.query).get("cursor", [None])[0]
            return await self.page(kv, url.path[7:], {"cursor": cursor} if cursor else {})
        name = unquote(url.path[1:])
        if request.method == "PUT":
            await self.write(kv, name, await request.text(), self.env.WRITES)
            return Response("", status=201)
        if request.method == "DELETE":
            if self.env.WRITES != "before":
                await kv.put("gone:" + name, "", expirationTtl=86400)
            await kv.delete("new:" + name)
            await kv.delete("old:" + name)
            return Response("", status=204)
        text = await self.read(kv, name)
        return Response("", status=404) if text is None else Response(text)

    async def write(self, kv, name, text, layout, **options):
        if layout == "new":
            await kv.put("new:" + name, text, **options)
        else:
            await kv.put("old:" + name, json.dumps({"text": text}), **options)

    async def read(self, kv, name):
        old = await kv.get("old:" + name)
        if self.env.WRITES != "before":
            if await kv.get("gone:" + name) is not None:
                return None
            new = await kv.get("new:" + name)
            if new is not None and (self.env.WRITES == "new" or old is None):
                return new
        return None if old is None else json.loads(old)["text"]

    async def page(self, kv, step, more):
        prefix = {"forth": "old:", "tidy": "old:", "back": "new:", "clear": "new:"}.get(step, "gone:")
        page = await kv.list(prefix=prefix, limit=8, **more)
        for key in page["keys"]:
            await getattr(self, step)(kv, key["name"].removeprefix(prefix), key)
        return Response.json({"done": page["list_complete"], "cursor": page.get("cursor")})

    async def copy(self, kv, name, key, source, target):
        if any([await kv.get(prefix + name) is not None for prefix in (target + ":", "gone:")]):
            return
        text = await kv.get(source + ":" + name)
        ends = {"expiration": key["expiration"]} if "expiration" in key else {}
        if text is not None and key.get("expiration", 1e10) > time.time() + 90:
            text = text if source == "new" else json.loads(text)["text"]
            await self.write(kv, name, text, target, metadata=key.get("metadata"), **ends)

    async def forth(self, kv, name, key):
        await self.copy(kv, name, key, "old", "new")

    async def back(self, kv, name, key):
        await self.copy(kv, name, key, "new", "old")

    async def tidy(self, kv, name, key):
        if await kv.get("new:" + name) is not None:
            await kv.delete("old:" + name)

    async def clear(self, kv, name, key):
        if await kv.get("old:" + name) is not None:
            await kv.delete("new:" + name)

    async def sweep(self, kv, name, key):
        await kv.delete("new:" + name)

    async def unsweep(self, kv, name, key):
        await kv.delete("old:" + name)
"""
DECLARED = """
from harness import Migration

m = Migration("notes", binding="KV", notes=["gone:"], before=("app", {"WRITES": "before"}),
              after=("app", {"WRITES": "new"}), back=("app", {"WRITES": "old"}))

@m.becomes("old:")
def note(name, old):
    return old.at("new:" + name, text=old.json["text"])

async def steps(op, *names):
    for name in names:
        await op.until_done(f"/admin/{name}", carry="cursor")
        await op.settle()

@m.operator
async def runbook(op):
    await op.deploy("after")
    await steps(op, "forth", "tidy", "sweep")

@m.rollback
async def way_back(op):
    await op.deploy("back")
    await steps(op, "back", "clear", "unsweep")
    await op.deploy("before")

@m.changes("old:")
async def remove(who, name):
    if (await who.delete("/" + name)).ok:
        who.gone(name)

@m.changes("old:")
async def create(who, name):
    new = f"{name[:9]}-{who.name}"
    if (await who.put("/" + new, body="é")).ok:
        who.made(new)
"""
ENTRIES = {
    ("KV", f"old:{n}"): Entry(
        json.dumps({"text": f"né {n}"}, ensure_ascii=False).encode(),
        BEGAN // 1000 + 90_000 if n % 2 else None,
    )
    for n in range(5)
}
WRONG = {
    "clients go on with the new layout": ('{"WRITES": "old"}', '{"WRITES": "new"}', "written-since"),
    "what was deleted is copied back": ('"clear", "unsweep"', '"clear"', "resurrected"),
    "the copy back has another text": (
        "await self.write(kv, name, text, target",
        "await self.write(kv, name, text + '.' * (source == 'new'), target",
        "written-since-changed",
    ),
    "the copy back never ends": (
        "metadata=key.get(\"metadata\"), **ends",
        "metadata=key.get(\"metadata\"), **(ends if target == 'new' else {})",
        "rolled-back-changed",
    ),
}  # fmt: skip


def _result(folder: Path, wrong: tuple[str, str] = ("", ""), **options: Any) -> Result:
    code = NOTES.replace(*wrong) if wrong[0] else NOTES
    worker(folder / "app", code)
    path = declared(folder, DECLARED.replace(*wrong) if wrong[0] in DECLARED and wrong[0] else DECLARED)
    return rehearsed(path, ENTRIES, **options)


def test_a_careful_way_back_is_go(tmp_path: Path) -> None:
    result = _result(tmp_path, explore=("crashes", "schedules"), seeds=range(1, 101))
    assert not result.damage
    assert "of the rollback" in result.parts[0].what


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_way_back_is_found(tmp_path: Path, name: str) -> None:
    right, wrong, code = WRONG[name]
    assert right in NOTES + DECLARED
    explore = ("interruptions",) if code == "resurrected" else ("schedules",)
    assert code in codes(_result(tmp_path, (right, wrong), explore=explore, seeds=range(1, 61)))


def test_an_operator_called_away_after_the_last_request_goes_back(tmp_path: Path) -> None:
    worker(tmp_path / "app", NOTES)
    subject = subject_of(declared(tmp_path, DECLARED.replace(', "tidy", "sweep"', "")), ENTRIES)
    for seed in range(1, 9):
        record = subject.simulate(Scenario(seed, "local", entries=1, rollback="halfway"))
        assert record.rolled is not None


def test_a_finding_says_what_is_there_instead(tmp_path: Path) -> None:
    wrong = ("(kv, name, text, target", "(kv, name, text.upper(), target")
    result = _result(tmp_path, wrong, explore=("walks",))
    (found,) = [one.finding for one in result.damage if one.key[1] == "value-changed"]
    assert found.moments[-1].what == "its value is 'NÉ 2' instead of 'né 2'"


def test_a_finding_names_an_end_after_the_year_9999(tmp_path: Path) -> None:
    worker(tmp_path / "app", NOTES.replace('metadata=key.get("metadata"), **ends', "**{}"))
    late = {("KV", "old:1"): Entry(b'{"text": "a"}', 9_999_999_999_999)}
    result = rehearsed(declared(tmp_path, DECLARED), late, explore=("walks",))
    (found,) = [one.finding for one in result.damage if one.key[1] == "expiration-lost"]
    assert found.moments[-1].what == "its end is none instead of 9999999999999 s after 1970"


def test_what_a_client_made_before_is_moved_wrongly_and_not_overwritten(tmp_path: Path) -> None:
    wrong = ("(kv, name, text, target", "(kv, name, text + '!', target")
    result = _result(tmp_path, wrong, explore=("schedules",), seeds=range(1, 31))
    assert "value-changed" in codes(result)
    assert "overwritten" not in codes(result)


def test_all_that_an_entry_becomes_is_there_already_or_nothing_of_it(tmp_path: Path) -> None:
    """Parts of two entries beside each other are nothing that a namespace comes to hold."""
    path = declared(
        tmp_path,
        """
        from harness import Migration
        m = Migration("parts", binding="KV")

        @m.becomes("old:")
        def parts(name, old):
            return [old.at(f"new:{name}/{at}", text=part) for at, part in enumerate(old.text.split())]

        @m.each("old:")
        async def move(kv, key, entry):
            pass
        """,
    )
    subject = subject_of(path, {("KV", f"old:{n}"): Entry(b"one two three"[: 3 + 5 * n]) for n in range(3)})
    here, odd = loaded(subject), ("KV", "old:odd-target-there")
    for seed in range(1, 9):
        start = here.start(subject, Scenario(seed, entries=1, odd=("target-there",)))
        targets = here.outcomes.targets(odd, start[odd]) or ()
        assert {place_of(one) for one in targets} == {
            place for place in start if place[1].startswith("new:odd-target-there")
        }
