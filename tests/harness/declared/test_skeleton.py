"""`rehearse new`: the skeleton is Python whatever a namespace holds, and runs at once."""

import ast
import json
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, NOT_STARTED
from kvstore import Entry
from kvstore.copies.census import census_of
from tests.harness.declared.declaring import worker
from tests.hostile.namespaces import TEXTS
from wrangler_compat.main import main as wrangler

FETCH = """
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("hello")
"""


def bulk(path: Path, *keys: str) -> Path:
    path.write_text(json.dumps([{"key": key, "value": '{"a":1}'} for key in keys]))
    return path


def test_a_workers_folder_with_local_state_gives_one_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    worker(tmp_path / "shop", FETCH)
    items = bulk(tmp_path / "items.json", "item:1", "item:2")
    monkeypatch.chdir(tmp_path / "shop")
    assert wrangler(["kv", "bulk", "put", str(items), "--binding", "KV", "--local"]) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["new", "moving.py", "--from", "shop"]) == HELD
    code = Path("moving.py").read_text()
    ast.parse(code)
    assert "before='shop'" in code
    assert "# async def remove(who, name):" in code
    shown = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("#")]
    ast.parse("\n".join(line for line in shown if not line.startswith("item:*")))  # what is to be uncommented
    capsys.readouterr()
    assert main(["run", "moving.py", "--from", "shop", "--seeds", "10", "--jobs", "1", "-q"]) == INCONCLUSIVE
    assert "nothing moves yet" in " ".join(capsys.readouterr().out.split())


def test_a_workers_entries_may_be_in_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    worker(tmp_path / "shop", FETCH)
    bulk(tmp_path / "items.json", "item:1", "item:2")
    assert main(["new", "moving.py", "--from", "shop"]) == NOT_STARTED
    assert "Where they are in a file: --from shop --from KV=FILE" in capsys.readouterr().err
    assert main(["new", "moving.py", "--from", "shop", "--from", "KV=items.json"]) == HELD
    assert "rehearse run moving.py --from KV=items.json\n" in capsys.readouterr().out
    code = Path("moving.py").read_text()
    assert "before='shop'" in code
    assert "@m.becomes('item:')" in code
    assert main(["new", "other.py", "--from", "KV=items.json", "--binding", "OTHER"]) == NOT_STARTED
    assert "there are entries for KV, and none for OTHER: --from OTHER=FILE" in capsys.readouterr().err


def test_a_worker_that_binds_what_is_not_emulated_gives_one_that_runs_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    worker(tmp_path / "shop", FETCH)
    with (tmp_path / "shop" / "wrangler.toml").open("a") as config:
        config.write('[[r2_buckets]]\nbinding = "FILES"\nbucket_name = "files"\n')
    bulk(tmp_path / "items.json", "item:1", "item:2")
    assert main(["new", "moving.py", "--from", "shop", "--from", "KV=items.json"]) == HELD
    assert "without=['FILES']" in Path("moving.py").read_text()
    given = ["--from", "KV=items.json", "--seeds", "5", "--jobs", "1", "-q"]
    assert main(["run", "moving.py", *given]) == INCONCLUSIVE
    assert "env.FILES (R2 Bucket) is not emulated: a request that uses it fails" in " ".join(
        capsys.readouterr().out.split()
    )


def test_two_sources_of_one_namespace_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (str(bulk(tmp_path / f"{name}.json", f"{name}:1")) for name in ("one", "other"))
    assert main(["new", str(tmp_path / "moving.py"), "--from", one, "--from", other]) == NOT_STARTED
    said = " ".join(capsys.readouterr().err.split())
    assert f"{one} and {other} are both given for one namespace: say --from BINDING=FILE" in said


D1 = """
[[d1_databases]]
binding = "DB"
database_name = "shop"
database_id = "11111111-2222-3333-4444-555555555555"
"""
TABLES = """
CREATE TABLE items (id TEXT PRIMARY KEY, a INTEGER, expires INTEGER);
INSERT INTO items VALUES ('1', 1, NULL), ('2', NULL, 5);
CREATE TABLE log (what TEXT); INSERT INTO log VALUES ('x');
CREATE TABLE "class" ("when" INTEGER PRIMARY KEY)
"""


@pytest.mark.parametrize("bindings", [["KV"], []], ids=["KV and D1", "D1 alone"])
def test_a_worker_with_databases_gives_one_that_tells_their_tables_and_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, bindings: list[str]
) -> None:
    worker(tmp_path / "shop", FETCH, bindings)
    config = tmp_path / "shop" / "wrangler.toml"
    config.write_text(config.read_text() + D1)
    items = bulk(tmp_path / "items.json", "item:1", "item:2")
    monkeypatch.chdir(tmp_path / "shop")
    assert wrangler(["d1", "execute", "DB", "--command", TABLES]) == 0
    if bindings:
        assert wrangler(["kv", "bulk", "put", str(items), "--binding", "KV", "--local"]) == 0
    monkeypatch.chdir(tmp_path)
    assert main(["new", "moving.py", "--from", "shop"]) == HELD
    code = Path("moving.py").read_text()
    assert "# table items: id (text, key), a (number), expires (number)\n" in code
    assert "#   1 row without a\n" in code
    assert "keys={'log': (\"column\",)}" in code
    if bindings:
        sketch = [line.strip(" #") for line in code.splitlines() if line.startswith("    #     '")]
        assert sketch == ["'id': name,", "'a': old.json.get('a'),", "'expires': old.expiration,"]
    capsys.readouterr()
    run = ["run", "moving.py", "--from", "shop", "--explore", "crashes", "--jobs", "1", "-q"]
    assert main(run) == INCONCLUSIVE
    said = " ".join(capsys.readouterr().out.split())
    assert "nothing moves yet" in said
    assert "key_class is never tried: the table class is empty" in said


def test_tables_without_a_key_alone_are_nothing_to_move(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker(tmp_path / "shop", FETCH, [])
    with (tmp_path / "shop" / "wrangler.toml").open("a") as config:
        config.write(D1)
    monkeypatch.chdir(tmp_path / "shop")
    assert wrangler(["d1", "execute", "DB", "--command", "CREATE TABLE log (what TEXT)"]) == 0
    assert main(["new", "../moving.py", "--from", "."]) == NOT_STARTED
    assert "no table of . has a primary key: log. Give it one" in capsys.readouterr().err


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_keys_cannot_write_code(text: str, tmp_path: Path) -> None:
    source = bulk(tmp_path / "keys.json", f"{text.replace(chr(0), '')}:1", "class:1", "runbook:1", "1:1")
    file = tmp_path / "moving.py"
    code = main(["new", str(file), "--from", str(source)])
    if code == NOT_STARTED:  # such a key is no key
        assert not file.exists()
        return
    tree = ast.parse(file.read_text())
    assert {type(one).__name__ for one in tree.body} <= {
        "Expr",
        "ImportFrom",
        "Assign",
        "FunctionDef",
        "AsyncFunctionDef",
    }
    calls = [one for one in ast.walk(tree) if isinstance(one, ast.Call)]
    assert {ast.unparse(one.func) for one in calls} <= {"Migration", "m.becomes", "m.each"}


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "moving.py"
    file.write_text("mine")
    assert main(["new", str(file), "--from", str(bulk(tmp_path / "keys.json", "a:1"))]) == NOT_STARTED
    assert file.read_text() == "mine"


def entries(*keys: str, value: bytes = b"{}") -> dict[str, Entry]:
    return dict.fromkeys(keys, Entry(value))


def groups(**given: dict[str, Entry]) -> dict[str, int]:
    """How many entries each group has, of all that are given."""
    every = {key: entry for one in given.values() for key, entry in one.items()}
    return {one.prefix: one.count for one in census_of(every, 0)}


def test_keys_without_a_separator_are_names_where_their_values_are_alike() -> None:
    slugs = entries("b7x2", "k19a", "zz81", value=b"https://example.com/")
    words = {**entries("index", value=b"[1]"), **entries("counter", value=b"7")}
    assert groups(slugs=slugs) == {"": 3}
    assert groups(slugs=slugs, words=words, users=entries("user:1", "user:2")) == {
        "": 3,
        "user:": 2,
        "counter": 1,
        "index": 1,
    }


def test_beginnings_of_their_own_are_names() -> None:
    """Such as a user's id before what is stored of the user."""
    users = entries(*(f"{one:08x}:{what}" for one in range(20) for what in ("profile", "settings")))
    config = entries("config:a", "config:b", "config:c")
    assert groups(users=users, config=config) == {"": 40, "config:": 3}
    assert {one.pattern: one.count for one in census_of(users | config, 0)[0].shapes} == {
        "*:profile": 20,
        "*:settings": 20,
    }


def test_how_keys_go_on_is_said_with_what_is_stored_there(tmp_path: Path) -> None:
    keys = [f"user:{one}{tail}" for one in range(5) for tail in ("", ":posts")]
    file = tmp_path / "moving.py"
    assert main(["new", str(file), "--from", str(bulk(tmp_path / "keys.json", *keys))]) == HELD
    said = file.read_text()
    assert (
        "# user:*  5 entries; JSON with a\n# user:*:posts  5 entries; JSON with a\n@m.becomes('user:')"
        in said
    )


def test_a_single_key_is_a_kind() -> None:
    assert groups(only=entries("orchestrator:pending")) == {"orchestrator:": 1}
    (only,) = census_of(entries("orchestrator:pending"), 0)
    assert [one.pattern for one in only.shapes] == ["orchestrator:*"]
    assert groups(only=entries("pending")) == {"pending": 1}
