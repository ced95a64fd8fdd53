"""wrangler's state folder with rows that wrangler did not write: each is named, and all others are served."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from harness.cli.rehearse import main as rehearse
from kvstore import Entry, StateStore
from kvstore.stores.state_names import database_path, state_root
from wrangler_compat.main import main as wrangler

Capture = pytest.CaptureFixture[str]

DAMAGE = {
    "expiration = 'soon'": "its expiration is not a whole number",
    "expiration = x'00'": "its expiration is not a whole number",
    "expiration = 1.5e300": "its expiration is not a whole number",
    "metadata = '{'": "its metadata is not JSON",
    "metadata = x'7b7d'": "its metadata is not text",
    "blob_id = x'00'": "the name of its value is not text",
    "key = x'ff'": "its key is not text",
    "key = NULL": "its key is not text",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Worker's folder whose namespace holds ``good`` and ``bad``."""
    (tmp_path / "wrangler.toml").write_text(
        'name = "demo"\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "abc"\n'
    )
    put(tmp_path, "abc", {"good": Entry(b"1"), "bad": Entry(b"2", None, '{"m":1}')})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder: Path, namespace: str, entries: dict[str, Entry]) -> None:
    async def run() -> None:
        store = StateStore(state_root(folder), namespace)
        await store.change_many(entries)
        await store.close()

    asyncio.run(run())


def damage(folder: Path, change: str) -> None:
    with sqlite3.connect(database_path(state_root(folder), "abc")) as connection:
        connection.execute(f"UPDATE _mf_entries SET {change} WHERE key = 'bad'")
    connection.close()


@pytest.mark.parametrize(("change", "fault"), DAMAGE.items(), ids=DAMAGE)
def test_a_damaged_row_is_named_and_the_others_are_read(
    folder: Path, change: str, fault: str, capsys: Capture
) -> None:
    damage(folder, change)
    assert wrangler(["kv", "key", "list", "--binding", "CACHE"], {}) == 0
    out, err = capsys.readouterr()
    assert [key["name"] for key in json.loads(out)] == ["good"]
    assert "1 damaged rows are left out: " in err
    assert fault in err
    rehearse(["queue", "-q", "--migration", "safe", "--from", str(folder)])
    out, err = capsys.readouterr()
    assert "1 keys copied" in out
    assert f"{fault}" in out
    assert err == ""


@pytest.mark.parametrize("name", ["../../../../../../wrangler.toml", "/etc/hostname", "a\0b", ""])
def test_the_name_of_a_value_leads_nowhere_else(folder: Path, name: str, capsys: Capture) -> None:
    damage(folder, "blob_id = '" + name.replace("\0", "' || char(0) || '") + "'")
    before = (folder / "wrangler.toml").read_text()
    assert wrangler(["kv", "key", "get", "bad", "--binding", "CACHE"], {}) == 0
    assert "Value not found" in capsys.readouterr().out
    rehearse(["queue", "-q", "--from", str(folder)])
    assert "1 keys have no value on disk: bad" in capsys.readouterr().out
    assert wrangler(["kv", "key", "put", "bad", "new", "--binding", "CACHE"], {}) == 0
    assert (folder / "wrangler.toml").read_text() == before
    capsys.readouterr()
    assert wrangler(["kv", "key", "get", "bad", "--text", "--binding", "CACHE"], {}) == 0
    assert capsys.readouterr().out == "new\n"


def test_kv_serve_names_what_is_damaged_and_serves_the_rest(folder: Path) -> None:
    put(folder, "broken", {"k": Entry(b"v")})
    database_path(state_root(folder), "broken").write_bytes(b"garbage" * 1000)
    damage(folder, "expiration = 'soon'")
    command = [sys.executable, "-u", "-m", "wrangler_compat", "kv", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said: list[str] = []
            while "Ready on" not in (said or [""])[-1]:
                said.append(process.stdout.readline())
                assert said[-1], said
            start = "".join(said)
            url = said[-1].split("Ready on ")[1].strip()
            api = f"{url}/client/v4/accounts/{'0' * 32}/storage/kv/namespaces"
            keys = httpx.get(f"{api}/abc/keys", trust_env=False).json()
            assert [one["name"] for one in keys["result"]] == ["good"]
            assert httpx.get(f"{api}/abc/values/good", trust_env=False).text == "1"
            assert httpx.get(f"{api}/broken/keys", trust_env=False).status_code == 500
        finally:
            process.send_signal(signal.SIGINT)
    assert "1 keys; 1 damaged rows are left out: 'bad': its expiration is not a whole number" in start
    assert "broken (broken) answers with an error: cannot use " in start


def test_a_damaged_database_is_said(folder: Path, capsys: Capture) -> None:
    path = database_path(state_root(folder), "abc")
    whole = path.read_bytes()
    for content in (b"garbage" * 1000, whole[: len(whole) // 2], whole[:50]):
        path.write_bytes(content)
        assert wrangler(["kv", "key", "list", "--binding", "CACHE"], {}) == 1
        assert rehearse(["queue", "-q", "--from", str(folder)]) == 3
        err = capsys.readouterr().err
        assert "internal error" not in err
        assert path.name in err.replace("\n", "").replace(" ", "")
