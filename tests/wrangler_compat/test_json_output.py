"""--json, --limit and --cursor: what wrangler does not have."""

import json
from pathlib import Path
from typing import Any

import pytest

from wrangler_compat.main import main

CONFIG = 'name = "demo"\n[[kv_namespaces]]\nbinding = "CACHE"\nid = "abc"\n'
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def result(capfd: Capture, *argv: str) -> Any:
    capfd.readouterr()
    assert main([*argv, "--binding=CACHE", "--json"], {}) == 0
    return json.loads(capfd.readouterr().out)


def test_json_says_what_was_done_and_nothing_else(project: Path, capfd: Capture) -> None:
    assert result(capfd, "kv", "key", "put", "k", "v") == {
        "namespace_id": "abc",
        "key": "k",
        "result": "written",
    }
    assert result(capfd, "kv", "key", "delete", "k")["result"] == "deleted"
    (project / "b.json").write_text('[{"key":"a","value":"1"},{"key":"b","value":"2"}]')
    assert result(capfd, "kv", "bulk", "put", "b.json")["count"] == 2
    (project / "k.json").write_text('["a"]')
    assert result(capfd, "kv", "bulk", "delete", "k.json") == {
        "namespace_id": "abc",
        "count": 1,
        "result": "deleted",
    }


def test_json_leaves_errors_on_stderr(capfd: Capture) -> None:
    assert main(["kv", "key", "put", "k", "v", "--binding=NOPE", "--json"], {}) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith('✘ [ERROR] No KV namespace with binding "NOPE"')


def test_limit_and_cursor_walk_through_the_keys(project: Path, capfd: Capture) -> None:
    (project / "b.json").write_text(json.dumps([{"key": f"k{n}", "value": ""} for n in range(5)]))
    main(["kv", "bulk", "put", "b.json", "--binding=CACHE"], {})
    seen: list[str] = []
    more: list[str] = []
    while True:
        capfd.readouterr()
        assert main(["kv", "key", "list", "--binding=CACHE", "--limit=2", *more], {}) == 0
        out, err = capfd.readouterr()
        seen += [key["name"] for key in json.loads(out)]
        if not err:
            break
        more = [err.strip().rpartition(" ")[2]]
    assert seen == ["k0", "k1", "k2", "k3", "k4"]


@pytest.mark.parametrize("flags", [["--limit=0"], ["--limit=1001"], ["--limit=x"], ["--cursor=abc"]])
def test_limit_must_make_sense(flags: list[str], capfd: Capture) -> None:
    assert main(["kv", "key", "list", "--binding=CACHE", *flags], {}) == 1
    assert "--limit" in capfd.readouterr().err
