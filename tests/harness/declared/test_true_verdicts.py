"""A declared migration's verdict is true: of what moved, of all there was, and of what was left out."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.model.scenario import Scenario
from harness.rehearsal.migration_file import load_migration
from harness.rehearsal.subject import sampled
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, NOT_STARTED, VIOLATED
from kvstore import Entry
from tests.harness.declared.declaring import EACH, MOVED, RUNBOOK, declared, subject_of, worker

STAYS = EACH.replace('return old.at("new:" + name)', "return old")


def run(
    folder: Path, code: str, *arguments: str, capsys: pytest.CaptureFixture[str], entries: int = 60
) -> tuple[int, dict[str, Any]]:
    """The exit code and the report."""
    items = [{"key": f"old:{number:03}", "value": "v"} for number in range(entries)]
    (folder / "source.json").write_text(json.dumps(items))
    source = ["--from", str(folder / "source.json"), "--at", "2027-01-15T08:00:00Z"]
    file = declared(folder, code)
    exit_code = main(
        ["run", str(file), *source, "--json", "-", "-q", "--seeds", "5", "--jobs", "1", *arguments]
    )
    printed = capsys.readouterr().out
    return exit_code, json.loads(printed) if printed else {}


def test_notes_alone_move_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = STAYS.replace('kv.put("new:" + key[4:]', 'kv.put("note:" + key[4:]')
    exit_code, report = run(tmp_path, code, capsys=capsys, entries=4)
    assert exit_code == INCONCLUSIVE
    assert any("nothing was moved" in one for one in report["reasons"])


def test_a_finding_of_the_walk_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """There are more entries than a search draws from, and the mistake is about one that it does not draw."""
    stored = {("KV", f"old:{number:03}"): Entry(b"v") for number in range(60)}
    drawn = {key for (_, key), _ in sampled(load_migration(declared(tmp_path, EACH)), stored)}
    other = min(key for _, key in stored if key not in drawn)
    code = EACH.replace("await kv.put(", f'if key != "{other}": await kv.put(')
    exit_code, report = run(tmp_path, code, capsys=capsys)
    assert exit_code == VIOLATED
    walked = [one for one in report["findings"] if "among=all" in one["scenario"]]
    assert walked
    for one in walked:
        exit_code, again = run(tmp_path, code, "--scenario", one["scenario"], capsys=capsys)
        assert exit_code == VIOLATED
        assert one["code"] in {
            found["code"] for verdict in again["verdicts"] for found in verdict["findings"]
        }


def test_a_line_that_cannot_be_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("entries=0", "interrupt=remove", "among=none", "readers=1e9", "faults=crash@operator.1"):
        assert run(tmp_path, EACH, "--scenario", line, capsys=capsys)[0] == NOT_STARTED


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_there", "fails while it is imported"),
        ("x = 1", "must declare one Migration"),
        (
            "from harness import Migration\nm = Migration('m', binding='KV')",
            "does not say what entries become",
        ),
        (EACH.replace("return old.at", "return 1 or old.at"), "must give an Entry"),
        (EACH.replace("return old.at", "return [olt] or old.at"), "no entry can be moved as it is declared"),
        (EACH.replace('binding="KV"', 'binding="KV", before="nowhere"'), "which does not exist"),
    ],
)
def test_a_declaration_that_is_wrong_is_said(
    code: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "source.json").write_text('[{"key":"old:1","value":"v"}]')
    file = declared(tmp_path, code)
    assert (
        main(["run", str(file), "--from", str(tmp_path / "source.json"), "--jobs", "1", "-q"]) == NOT_STARTED
    )
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error


def test_entries_that_cannot_be_moved_or_read_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = EACH.replace("return old.at", "assert name != '003'\n    return old.at")
    _, report = run(tmp_path, code, capsys=capsys, entries=5)
    assert report["leftOut"] == [
        "1 of the entries cannot be moved and must stay as they are: old:003 (AssertionError: )"
    ]


def test_a_go_names_mutate_only_where_there_is_a_worker_to_make_mistakes_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "source.json").write_text('[{"key":"old:1","value":"v"}]')
    arguments = ["--from", str(tmp_path / "source.json"), "--jobs", "1", "-q", "--explore", "crashes"]
    assert main(["run", str(declared(tmp_path, EACH)), *arguments]) == HELD
    assert "What it is worth" not in capsys.readouterr().out


BLOB = """
from harness import Migration

m = Migration("blob", binding="KV")

@m.becomes("posts")
def posts(name, old):
    return [old.at(f"post:{number}", text=text) for number, text in enumerate(old.json)]

@m.each("posts")
async def migrate_one(kv, key, entry):
    for number, text in enumerate(entry.json):
        await kv.put(f"post:{number}", text)
"""


def test_the_walks_say_with_how_many_entries_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one list nothing more can be made: what would come of another is there already."""
    path = declared(tmp_path, BLOB)
    (tmp_path / "kv.json").write_text(json.dumps([{"key": "posts", "value": '["a", "b"]'}]))
    given = ["--explore", "walks", "--explore", "crashes", "--jobs", "1", "-q", "--json", "-"]
    main(["run", str(path), "--from", str(tmp_path / "kv.json"), *given])
    parts = {one["part"]: one["what"] for one in json.loads(capsys.readouterr().out)["parts"]}
    assert parts.keys() == {"walks", "crashes"}
    said = "all 1 entries (more like them cannot be made), one with 600 items, under local"
    assert parts["walks"].startswith(said)


def test_the_text_of_an_answer_is_what_was_sent_also_where_that_is_json(tmp_path: Path) -> None:
    worker(
        tmp_path / "app",
        """
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                return Response(await self.env.KV.get("old:1"))
        """,
    )
    code = STAYS.replace('"small",', '"small", before="app", after="app",')
    code += """
@m.reads("old:")
async def read(who, name):
    answer = await who.get("/" + name)
    return answer.text == " 25" and answer.json == 25
"""
    subject = subject_of(declared(tmp_path, code), {("KV", "old:1"): Entry(b" 25")})
    assert {act.outcome for act in subject.simulate(Scenario(readers=1)).acts} == {"found"}


BOTH = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name, kv = request.url.rpartition("/")[2], self.env.KV
        if request.method == "PUT":
            await kv.put("old:" + name, "new")
            await kv.put("new:" + name, "new")
            return Response("kept")
        for key in (await kv.list(prefix="old:"))["keys"]:
            await kv.put("new:" + key["name"][4:], await kv.get(key["name"]))
            await kv.delete(key["name"])
        return Response.json({"done": True})
"""
JOINED = """
@m.changes("old:")
async def join(who, name):
    if (await who.put(f"/{name}-2")).ok:
        who.made(f"{name}-2")
"""


def test_what_a_client_left_half_done_may_be_put_right_by_a_second_run(tmp_path: Path) -> None:
    worker(tmp_path / "app", BOTH)
    subject = subject_of(declared(tmp_path, MOVED + RUNBOOK + JOINED), {("KV", "old:1"): Entry(b"v")})
    for join in ("join", "join[2]"):  # a name that was there at the beginning, and one that was not
        line = f"conditions=local faults=unanswered@join-1.1:1 at_once={join}@operator.1"
        record = subject.simulate(Scenario.read(line))
        assert record.again is not None
        assert [key for _, key in record.final.keys() - record.again.keys()] == [record.writes[-1].key]
        assert not any(verdict.findings for verdict in subject.judge(record))


INDEXED = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name, kv = request.url.rpartition("/")[2], self.env.KV
        if request.method == "PUT":
            await kv.put("user:" + name, "b")
            await kv.put("mail:b:" + name, "")
        elif request.method == "DELETE":
            mail = await kv.get("user:" + name)
            await kv.delete("user:" + name)
            if mail is not None:
                await kv.put("stale:" + mail + ":" + name, "")
                await kv.delete("mail:" + mail + ":" + name)
        elif request.method == "POST":
            for key in (await kv.list(prefix="user:"))["keys"]:
                index = await kv.get(key["name"]) + ":" + key["name"][5:]
                if [await kv.get(prefix + index) for prefix in ("mail:", "stale:")] == [None, None]:
                    await kv.put("mail:" + index, "")
            for key in (await kv.list(prefix="stale:"))["keys"]:
                await kv.delete("mail:" + key["name"][6:])
        return Response.json({"done": True})
"""
INDEX = """
from harness import Migration

m = Migration("users", before="app", after="app", binding="KV", notes="stale:")

@m.becomes("user:")
def user(name, old):
    return [old, old.at(f"mail:{old.text}:{name}", text="")]

@m.operator
async def runbook(op):
    await op.deploy("after")
    await op.post("/index")
    await op.get("/")

@m.changes("user:")
async def save(who, name):
    await who.put("/" + name)

@m.changes("user:")
async def remove(who, name):
    if (await who.delete("/" + name)).ok:
        who.gone(name)
"""


def test_what_two_clients_left_at_once_may_be_put_right_by_a_second_run(tmp_path: Path) -> None:
    """One writes the index of what the other has deleted: nobody knows who was the last."""
    worker(tmp_path / "app", INDEXED)
    subject = subject_of(declared(tmp_path, INDEX), {("KV", "user:1"): Entry(b"b")})
    line = "conditions=local entries=1 at_once=save+remove@operator.2 order=save-1.1:2+4"
    record = subject.simulate(Scenario.read(line))
    assert record.again is not None
    assert [key for _, key in record.final.keys() - record.again.keys()] == ["mail:b:1"]
    assert not any(verdict.findings for verdict in subject.judge(record))


def test_an_error_of_a_reader_that_asks_too_often_is_called_what_it_is(tmp_path: Path) -> None:
    code = """
        from workers import Response, WorkerEntrypoint

        class Default(WorkerEntrypoint):
            async def fetch(self, request):
                for number in range(1001 if request.url.endswith("/1") else 0):
                    await self.env.KV.get(f"old:{number}")
                return Response.json({"done": True})
        """
    worker(tmp_path / "app", code)
    reads = """
@m.reads("old:")
async def read(who, name):
    return (await who.get("/" + name)).ok
"""
    subject = subject_of(declared(tmp_path, MOVED + RUNBOOK + reads), {("KV", "old:1"): Entry(b"v")})
    found = [one for verdict in subject.judge(subject.simulate(Scenario())) for one in verdict.findings]
    assert {one.code for one in found} >= {"request-budget"}
    assert "own-error" not in {one.code for one in found}
