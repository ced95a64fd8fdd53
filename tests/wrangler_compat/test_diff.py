"""kv diff: two namespaces, two files, one of each."""

import json
from pathlib import Path

import pytest

from tests.wrangler_compat.recorded_api import RecordedApi, serve
from wrangler_compat.main import main

CONFIG = (
    'name = "demo"\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "abc"\n'
    '[[kv_namespaces]]\nbinding = "OTHER"\nid = "def"\n'
)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    before = [{"key": "same", "value": "1"}, {"key": "gone", "value": "1"}, {"key": "new", "value": "1"}]
    after = [{"key": "same", "value": "1"}, {"key": "come", "value": "1"}]
    after.append({"key": "new", "value": "2", "metadata": {"a": 1}})  # type: ignore[dict-item]
    (tmp_path / "before.json").write_text(json.dumps(before))
    (tmp_path / "after.json").write_text(json.dumps(after))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(binding: str, name: str, capfd: Capture) -> None:
    assert main(["kv", "bulk", "put", name, f"--binding={binding}"], {}) == 0
    capfd.readouterr()


def test_two_namespaces(capfd: Capture) -> None:
    put("CACHE", "before.json", capfd)
    put("OTHER", "after.json", capfd)
    assert main(["kv", "diff", "CACHE", "OTHER"], {}) == 1
    out, err = capfd.readouterr()
    assert sorted(out.splitlines()) == ["+ come", "- gone", "~ new (value, metadata)"]
    assert err == "local:abc → local:def: 1 removed, 1 changed, 1 added\n"


def test_a_namespace_and_its_export_are_equal(capfd: Capture) -> None:
    put("CACHE", "after.json", capfd)
    assert main(["kv", "diff", "abc", "after.json"], {}) == 0
    assert capfd.readouterr().out == ""


def test_two_files_as_json(capfd: Capture) -> None:
    assert main(["kv", "diff", "before.json", "after.json", "--json"], {}) == 1
    assert json.loads(capfd.readouterr().out) == {
        "before": "before.json",
        "after": "after.json",
        "added": ["come"],
        "removed": ["gone"],
        "changed": [{"key": "new", "parts": ["value", "metadata"]}],
    }


def test_diff_refuses_a_source_that_is_neither_file_nor_namespace(capfd: Capture) -> None:
    assert main(["kv", "diff", "nope.json", "after.json"], {}) == 1
    assert '"nope.json" is neither a file, nor a binding, nor the id of a namespace' in capfd.readouterr().err


def test_local_and_remote(capfd: Capture) -> None:
    put("CACHE", "after.json", capfd)
    path = f"/client/v4/accounts/{'a' * 32}/storage/kv/namespaces/abc"
    keys = [{"name": "bin"}, {"name": "same"}]
    found = {"bin": "\ufffd", "same": "1"}
    answers = [
        {"method": "GET", "target": f"{path}/keys?prefix=", "status": 200, "response": envelope(keys)},
        {
            "method": "POST",
            "target": f"{path}/bulk/get",
            "status": 200,
            "response": envelope({"values": found}),
        },
        {"method": "GET", "target": f"{path}/values/bin", "status": 200, "response_base64": "/w=="},
    ]
    with serve(RecordedApi(answers)) as api:
        environ = {
            "CLOUDFLARE_API_TOKEN": "t",
            "CLOUDFLARE_ACCOUNT_ID": "a" * 32,
            "CLOUDFLARE_API_BASE_URL": api.url,
        }
        assert main(["kv", "diff", "CACHE", "remote:CACHE"], environ) == 1
    assert sorted(capfd.readouterr().out.splitlines()) == ["+ bin", "- come", "- new"]


def envelope(result: object) -> str:
    return json.dumps({"success": True, "errors": [], "messages": [], "result": result})
