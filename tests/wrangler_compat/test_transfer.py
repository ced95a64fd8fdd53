"""kv export, import and copy: nothing is lost, nothing newer is overwritten, and a kill changes nothing."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudflare import Cloudflare

from harness.cli.rehearse import main as rehearse
from kvstore import Entry, ManualClock, StateStore
from kvstore.copies.export_file import read_export
from kvstore.stores.state_names import state_root
from tests.harness.account import ACCOUNT, NAMESPACE, PREVIEW, TOKEN, Remote, account_with
from wrangler_compat.main import main

pytestmark = pytest.mark.own_clock

NOW = int(time.time())
LATER = NOW + 90 * 86_400
CONFIG = f"""
name = "demo"
account_id = "{ACCOUNT}"
[[kv_namespaces]]
binding = "CACHE"
id = "{NAMESPACE}"
[[kv_namespaces]]
binding = "OTHER"
id = "{PREVIEW}"
"""
ENTRIES = {f"note:{number:04}": Entry(b"n%d" % number, None, None) for number in range(1200)} | {
    "with": Entry(b'{"a":1}', LATER, '{"of":"u","n":0}'),
    "falsy": Entry(b"", None, "0"),
    "bytes": Entry(b"\xff\x00\xfe"),
    "é\n": Entry("ü".encode(), LATER + 1),
}
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    with account_with(tmp_path_factory.mktemp("account"), ENTRIES) as remote:
        yield remote


def local(project: Path, namespace: str, entries: dict[str, Entry] | None = None) -> dict[str, Entry]:
    """What a local namespace holds, once ``entries`` are in it."""
    return asyncio.run(_local(project, namespace, entries or {}))


async def _local(project: Path, namespace: str, entries: dict[str, Entry]) -> dict[str, Entry]:
    store = StateStore(state_root(project, None), namespace)
    await store.change_many(entries)
    page, found = await store.scan("", None, 10_000), {}
    for info in page.keys:
        entry = await store.get(info.name)
        assert entry is not None
        found[info.name] = entry
    await store.close()
    return found


def report(capfd: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


@pytest.mark.parametrize("name", ["twice.json", "twice.jsonl"])
def test_of_a_key_that_comes_again_in_a_file_the_last_item_counts(
    name: str, project: Path, capfd: Capture
) -> None:
    """As for `kv bulk put`; the items are further apart than what is carried at a time."""
    keys = ["one", *(f"many:{number}" for number in range(1500)), "one", "other:1", "other:1", "one"]
    items = [json.dumps({"key": key, "value": f"{number}"}) for number, key in enumerate(keys)]
    text = "\n".join(items) if name.endswith(".jsonl") else f"[{','.join(items)}]"
    (project / name).write_text(text)
    assert main(["kv", "import", name, "--binding=CACHE"], {}) == 0
    printed = capfd.readouterr().out
    assert "1,502 entries, no request" in printed
    assert "3 items were left out, as their key comes again later" in printed
    stored = local(project, NAMESPACE)
    assert (stored["one"].value, stored["other:1"].value) == (b"1504", b"1503")
    assert main(["kv", "import", name, "--binding=CACHE", "--prefix=other:"], {}) == 0
    assert "1 entries, no request" in capfd.readouterr().out


@pytest.mark.parametrize("name", ["all.json", "all.jsonl", "all.sqlite"])
def test_import_restores_exactly_what_was_exported(
    name: str, project: Path, account: Remote, capfd: Capture
) -> None:
    assert main(["kv", "export", name, "--binding=CACHE", "--remote", "--json"], account.environ) == 0
    assert report(capfd)["verified"] == len(ENTRIES)
    assert dict(read_export(project / name, ManualClock(NOW * 1000))) == ENTRIES
    assert main(["kv", "import", name, "--binding=OTHER"], {}) == 0
    assert local(project, PREVIEW) == ENTRIES
    assert not (project / ".understudy").exists()


def test_an_account_is_written_only_when_told_to(project: Path, account: Remote, capfd: Capture) -> None:
    local(project, NAMESPACE, {"new": Entry(b"1", LATER, '{"m":true}'), "bytes": Entry(b"\xff\x00\xfe")})
    assert main(["kv", "copy", "CACHE", "remote:CACHE", "--json"], account.environ) == 0
    planned = report(capfd)
    assert (planned["applied"], planned["toWrite"], planned["alreadyThere"]) == (False, 1, 1)
    assert account.count("PUT", "") == 0
    assert main(["kv", "copy", "CACHE", "remote:CACHE", "--apply", "--json"], account.environ) == 0
    assert (done := report(capfd))["written"] == 1
    assert done["verified"] == 2
    assert main(["kv", "diff", "remote:CACHE", "CACHE", "--json"], account.environ) == 1
    assert report(capfd)["changed"] == []


def test_import_keeps_and_names_a_key_with_another_value(
    project: Path, account: Remote, capfd: Capture
) -> None:
    local(project, NAMESPACE, {"note:0001": Entry(b"older"), "fresh": Entry(b"1")})
    assert main(["kv", "copy", "CACHE", "remote:CACHE", "--apply", "--json"], account.environ) == 1
    done = report(capfd)
    assert done["keptAsTheyAre"] == {"count": 1, "keys": ["note:0001"]}
    assert done["written"] == 1
    assert main(["kv", "key", "get", "note:0001", "--binding=CACHE", "--remote"], account.environ) == 0
    assert capfd.readouterr().out == "n1"


def test_import_names_the_keys_that_expired_on_the_way(project: Path, capfd: Capture) -> None:
    items = [{"key": "soon", "value": "x", "expiration": NOW + 30}, {"key": "late", "value": "y"}]
    (project / "in.json").write_text(json.dumps(items))
    assert main(["kv", "import", "in.json", "--binding=CACHE"], {}) == 0
    assert "1 left out, about to expire: soon" in capfd.readouterr().out
    assert list(local(project, NAMESPACE)) == ["late"]


def test_pace_and_price_are_said_first(project: Path, account: Remote, capfd: Capture) -> None:
    assert main(["kv", "export", "all.json", "--binding=CACHE", "--remote"], account.environ) == 0
    first = capfd.readouterr().out.splitlines()[0]
    assert f"{len(ENTRIES):,} entries take at most 17 requests to the account" in first
    assert "1,200 in 5 min" in first
    assert "at most $0.01, which a month of the paid plan includes" in first


def test_a_file_that_is_there_is_not_written_over(project: Path, capfd: Capture) -> None:
    (project / "all.json").write_text("[]")
    assert main(["kv", "export", "all.json", "--binding=CACHE"], {}) == 1
    assert "all.json exists already" in capfd.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "[{}",
        '[{"key":"a","value":"b"}',
        '{"key":"a"}',
        "[1]",
        "[] []",
        "[]" + " " * 70_000 + "x",
        '[{"key":"","value":""}]',
        "nothing",
        " ",
    ],
)
def test_import_refuses_a_file_that_is_not_an_export(text: str, project: Path, capfd: Capture) -> None:
    (project / "in.json").write_text(text)
    assert main(["kv", "import", "in.json", "--binding=CACHE"], {}) == 1
    assert "in.json" in capfd.readouterr().err


@pytest.mark.parametrize("damage", ["[" * 200_000, "{}", '"kept": 5', ""])
def test_a_damaged_journal_is_named(damage: str, project: Path, account: Remote, capfd: Capture) -> None:
    killed(account, ["kv", "export", "all.json", "--binding=CACHE", "--remote"], "POST", "/bulk/get", 12)
    (journal,) = (project / ".understudy").glob("*.transfer")
    whole = journal.read_text()
    journal.write_text(re.sub(r'"kept": {[^}]*}', damage, whole) if "kept" in damage else damage)
    assert main(["kv", "export", "all.json", "--binding=CACHE", "--remote"], account.environ) == 1
    assert "remove it to begin anew" in capfd.readouterr().err


def test_the_official_sdk_reads_back_what_was_imported(project: Path, account: Remote) -> None:
    names = ("with", "falsy", "bytes", "é\n")
    local(project, PREVIEW, {name: ENTRIES[name] for name in names})
    assert main(["kv", "export", "some.jsonl", "--binding=OTHER"], {}) == 0
    where: dict[str, Any] = {"account_id": ACCOUNT, "namespace_id": PREVIEW}
    arguments = ["kv", "import", "some.jsonl", "--binding=OTHER", "--remote", "--preview=false", "--apply"]
    assert main(arguments, account.environ) == 0
    with Cloudflare(api_token=TOKEN, base_url=account.url, max_retries=0) as sdk:
        listed = {one.name: one for one in sdk.kv.namespaces.keys.list(**where)}
        assert {name: sdk.kv.namespaces.values.get(name, **where).read() for name in names} == {
            name: ENTRIES[name].value for name in names
        }
    for name in names:
        metadata = ENTRIES[name].metadata
        assert listed[name].expiration == ENTRIES[name].expiration
        assert listed[name].metadata == (None if metadata is None else json.loads(metadata))


class Killing(list[tuple[str, str]]):
    """What was asked; at the ``at``-th request that ends so, whoever asks is killed."""

    def __init__(self, method: str, end: str, at: int) -> None:
        super().__init__()
        self.process: subprocess.Popen[bytes] | None = None
        self.started = threading.Event()
        self._wanted = (method, end, at)

    def append(self, asked: tuple[str, str]) -> None:
        super().append(asked)
        method, end, at = self._wanted
        same = [one for one in self if one[0] == method and one[1].endswith(end)]
        if self.process is not None and len(same) == at and same[-1] is asked:
            self.started.wait(60)
            os.kill(self.process.pid, signal.SIGKILL)


def killed(account: Remote, arguments: list[str], method: str, end: str, at: int) -> None:
    """Run a command until its ``at``-th request of a kind, and kill it there."""
    account.asked = asked = Killing(method, end, at)
    program = [sys.executable, "-m", "wrangler_compat", *arguments]
    environ = {**os.environ, **account.environ}
    asked.process = subprocess.Popen(program, env=environ, stdout=subprocess.DEVNULL)
    asked.started.set()
    assert asked.process.wait(120) == -signal.SIGKILL
    account.asked = []


@pytest.mark.parametrize("name", ["all.json", "all.jsonl", "all.sqlite"])
def test_an_export_goes_on_after_a_kill(name: str, project: Path, account: Remote, capfd: Capture) -> None:
    arguments = ["kv", "export", name, "--binding=CACHE", "--remote"]
    killed(account, arguments, "POST", "/bulk/get", 12)
    assert not (project / name).exists()
    assert main([*arguments, "--json"], account.environ) == 0
    assert report(capfd)["verified"] == len(ENTRIES)
    assert dict(read_export(project / name, ManualClock(NOW * 1000))) == ENTRIES
    assert account.count("POST", "/bulk/get") < 12


def test_a_copy_into_an_account_goes_on_after_a_kill(project: Path, account: Remote, capfd: Capture) -> None:
    more = {f"more:{number:04}": Entry(b"v", LATER, '{"n":1}') for number in range(2300)}
    local(project, PREVIEW, more)
    arguments = ["kv", "copy", "OTHER", "remote:OTHER", "--apply", "--json"]
    killed(account, arguments, "PUT", "/bulk", 2)
    assert main(arguments, account.environ) == 0
    assert report(capfd)["verified"] == len(more)
    assert main(["kv", "diff", "local:OTHER", "remote:OTHER"], account.environ) == 0


def test_a_census_of_an_account_becomes_the_skeleton_of_a_migration(
    project: Path, account: Remote, capfd: Capture
) -> None:
    assert main(["kv", "census", "remote:CACHE"], account.environ) == 0
    said = capfd.readouterr().out
    assert f"{len(ENTRIES):,} entries take at most" in said
    assert "1,200  note:*" in said
    assert main(["kv", "census", "remote:CACHE", "--json"], account.environ) == 0
    (project / "census.json").write_text(capfd.readouterr().out)
    assert rehearse(["new", "migration.py", "--from", "census.json"]) == 0
    assert "# note:*  1,200 entries" in (project / "migration.py").read_text()
