"""``--from remote``: what is copied, what is asked for, and what happens after an interruption."""

import json
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.sources.partial_copy import FOLDER
from harness.sources.remote import Wanted, copy_remote
from harness.terminal.exit_codes import NOT_STARTED, VIOLATED
from kvstore import Entry, ManualClock, SourceError, SystemClock
from tests.harness.account import NAMESPACE, PREVIEW, Remote, account_with
from tests.harness.queue.walks import old_queue

LATER = SystemClock().now_ms() // 1000 + 36_000
CONFIG = f"""\
name = "demo"
[[kv_namespaces]]
binding = "CACHE"
id = "{NAMESPACE}"
preview_id = "{PREVIEW}"
[[kv_namespaces]]
binding = "BARE"
[[kv_namespaces]]
binding = "GONE"
"""
ODD = {
    "a/b:c%2Fd é?#&=+ ;@,~!'()*": Entry("väl 日本".encode(), LATER, '{"a":[1,null,"é"]}'),
    "binary": Entry(bytes(range(256)), LATER, '{"n":1}'),
    "replaced": Entry("half a \ufffd character".encode()),
    "empty": Entry(b""),
    "zero": Entry(b"0", None, "0"),
    "nul": Entry(b"\x00", LATER + 1),
    "json": Entry(b'{"id": 1,  "x": [1.0]}'),
    "__proto__": Entry(b"a key like any other", None, '"text"'),
}
MANY = {f"k{number:03}": Entry(str(number).encode(), LATER, f'{{"n":{number}}}') for number in range(350)}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "wrangler.toml").write_text(CONFIG)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def many(tmp_path: Path) -> Iterator[Remote]:
    with account_with(tmp_path / "there", MANY) as remote:
        yield remote


def copied(remote: Remote, wanted: Wanted | None = None, *, after_hours: int = 0) -> Mapping[str, Entry]:
    clock = ManualClock(SystemClock().now_ms() + after_hours * 3_600_000)
    return copy_remote(wanted or Wanted(), remote.environ, clock).namespace.entries


def test_every_entry_comes_byte_for_byte(tmp_path: Path, project: Path) -> None:
    with account_with(tmp_path / "there", ODD) as remote:
        entries = copied(remote)
    assert entries == ODD
    assert list(entries) == sorted(ODD, key=str.encode)
    # Only what the bulk answer does not carry was asked for one by one.
    assert remote.count("GET", "/values/") == 3


def test_only_reading_is_asked_for(many: Remote, project: Path) -> None:
    assert copied(many) == MANY
    base = f"/client/v4/accounts/{'a' * 32}/storage/kv/namespaces/{NAMESPACE}"
    assert many.asked == [("GET", f"{base}/keys")] + [("POST", f"{base}/bulk/get")] * 4
    assert not (project / FOLDER).exists()


def test_values_too_large_for_one_answer_come_in_parts(tmp_path: Path, project: Path) -> None:
    large = {f"large{n}": Entry(bytes([65 + n]) * 10_000_000, LATER, f"{n}") for n in range(5)}
    with account_with(tmp_path / "there", {**large, "small": Entry(b"x")}) as remote:
        assert copied(remote) == {**large, "small": Entry(b"x")}
    assert remote.count("POST", "/bulk/get") > 1


@pytest.mark.own_clock
def test_an_interrupted_copy_goes_on_where_it_was(many: Remote, project: Path) -> None:
    many.until = 2
    with pytest.raises(SourceError, match=r"200 of 350 values are kept in .*: the same command") as caught:
        copied(many)
    assert "service temporarily unavailable [code: 10001]" in str(caught.value)
    [kept] = (project / FOLDER).glob("*.partial")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert (project / FOLDER / ".gitignore").read_text() == "*\n"
    many.until = None
    many.asked.clear()
    assert copied(many) == MANY
    assert many.count("POST", "/bulk/get") == 2
    assert not (project / FOLDER).exists()


@pytest.mark.own_clock
def test_ctrl_c_says_what_is_kept(many: Remote, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(what: str, done: int, of: int | None) -> None:
        if done == 100 and of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="100 of 350 values are kept"):
        copy_remote(Wanted(), many.environ, ManualClock(SystemClock().now_ms()), interrupt)
    many.asked.clear()
    assert copied(many) == MANY
    assert many.count("POST", "/bulk/get") == 3


@pytest.mark.own_clock
def test_resume_asks_again_for_entries_changed_since(tmp_path: Path, project: Path) -> None:
    with account_with(tmp_path / "there", MANY) as remote:
        remote.until = 2
        with pytest.raises(SourceError):
            copied(remote)
    now = {**MANY, "k000": Entry(b"new", LATER, "1"), "k001": Entry(b"newer", LATER + 9, '{"n":1}')}
    del now["k002"]
    with account_with(tmp_path / "now", now) as later:
        [kept] = (project / FOLDER).glob("*.partial")
        here, there = (one.url.removeprefix("http://").partition("/")[0] for one in (remote, later))
        kept.rename(kept.with_name(kept.name.replace(here.replace(":", "%3A"), there.replace(":", "%3A"))))
        assert copied(later) == now
        assert later.count("POST", "/bulk/get") == 2  # 152 values: two of the 200 changed, one is gone


def test_values_of_another_day_are_not_gone_on_with(many: Remote, project: Path) -> None:
    many.until = 2
    with pytest.raises(SourceError):
        copied(many)
    many.until = None
    many.asked.clear()
    assert copied(many, after_hours=25) == {}  # all have expired
    assert many.count("POST", "/bulk/get") == 4


@pytest.mark.parametrize(
    ("wanted", "empty"),
    [
        (Wanted(namespace_id=NAMESPACE), False),
        (Wanted(preview=True), True),
        (Wanted("BARE"), False),  # the deployed Worker says which it is
        (Wanted(namespace_id=PREVIEW, binding="no such"), True),
    ],
)
def test_the_namespace_is_the_one_that_was_named(
    wanted: Wanted, empty: bool, many: Remote, project: Path
) -> None:
    assert copied(many, wanted) == ({} if empty else MANY)


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        (Wanted("NOPE"), "no KV binding 'NOPE' in .*wrangler.toml; it binds: CACHE, BARE, GONE"),
        (Wanted("GONE"), "neither .*wrangler.toml nor the deployed Worker says which namespace GONE is"),
        (Wanted("BARE", preview=True), "No preview ID found for BARE"),
        (Wanted(namespace_id="f" * 32), "namespace not found"),
        (Wanted(namespace_id=".."), "cannot be the id of a namespace; nothing was sent"),
        (Wanted(config=Path("nowhere.toml")), "nowhere.toml does not exist"),
    ],
)
def test_remote_source_names_what_it_cannot_find(
    wanted: Wanted, complaint: str, many: Remote, project: Path
) -> None:
    with pytest.raises(SourceError, match=complaint):
        copied(many, wanted)
    assert many.count("PUT", "") == many.count("DELETE", "") == many.count("POST", "/bulk/get") == 0


def test_a_wrong_token_is_refused_with_the_words_of_the_api(many: Remote, project: Path) -> None:
    with pytest.raises(SourceError, match=r"Authentication error \[code: 10000\]"):
        copy_remote(Wanted(), many.environ | {"CLOUDFLARE_API_TOKEN": "wrong"}, SystemClock())
    with pytest.raises(SourceError, match="set CLOUDFLARE_API_TOKEN to a token that may read Workers KV"):
        copy_remote(Wanted(), {}, SystemClock())


def test_an_api_that_cannot_be_reached_is_named(many: Remote, project: Path) -> None:
    nowhere = many.environ | {"CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:1/v4"}
    with pytest.raises(SourceError, match="the Cloudflare API could not be reached at http://127.0.0.1:1/v4"):
        copy_remote(Wanted(), nowhere, SystemClock())


def test_credentials_may_stand_in_a_dot_env_file(many: Remote, project: Path) -> None:
    lines = [f"{name}={value}" for name, value in many.environ.items()]
    (project / ".env").write_text("\n".join(lines))
    assert copy_remote(Wanted(), {}, SystemClock()).namespace.entries == MANY


def test_without_an_account_id_the_one_of_the_token_is_taken(many: Remote, project: Path) -> None:
    environ = {name: value for name, value in many.environ.items() if name != "CLOUDFLARE_ACCOUNT_ID"}
    assert copy_remote(Wanted(), environ, SystemClock()).namespace.entries == MANY


def rehearse(remote: Remote, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    for name, value in remote.environ.items():
        monkeypatch.setenv(name, value)
    return main(["queue", "-q", "--from", "remote", *arguments])


def test_a_remote_namespace_is_rehearsed_on(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = {key: Entry(entry.value, LATER) for key, entry in old_queue(120).namespace.entries.items()}
    (tmp_path / "elsewhere.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    with account_with(tmp_path / "there", entries) as remote:
        config = f"--config={tmp_path / 'elsewhere.toml'}"
        assert rehearse(remote, monkeypatch, config, "--json", "report.json") == VIOLATED
    shown = capsys.readouterr().out
    assert f"Source: account {'a' * 32} (binding CACHE, namespace {NAMESPACE})" in shown
    assert "121 keys copied" in shown
    assert json.loads(Path("report.json").read_text())["source"]["keys"] == 121
    assert {method for method, path in remote.asked if not path.endswith("/bulk/get")} == {"GET"}


def test_a_remote_namespace_that_cannot_be_read_is_exit_code_3(
    many: Remote, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rehearse(many, monkeypatch, "--binding=NOPE") == NOT_STARTED
    assert "no KV binding 'NOPE'" in capsys.readouterr().err


def test_config_without_remote_is_bad_usage(bad_usage: Callable[..., str]) -> None:
    assert "--config is for --from remote" in bad_usage("queue", "--config", "wrangler.toml")
