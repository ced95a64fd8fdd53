"""The real wrangler and ours on one state folder: each sees what the other wrote."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.worker.workerd import installed
from wrangler_compat.main import main

pytestmark = pytest.mark.wrangler

CONFIG = """\
name = "demo"
main = "index.js"
compatibility_date = "2024-01-01"
[[kv_namespaces]]
binding = "CACHE"
id = "0f2ac74b498b48028cb68387c421e279"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    installed("wrangler")
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    (tmp_path / "index.js").write_text("export default { fetch() { return new Response('ok') } }")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def real(*arguments: str, cwd: Path) -> str:
    """What the real wrangler prints on stdout."""
    command = [str(installed("wrangler")), *arguments, "--binding=CACHE", "--local"]
    environ = os.environ | {"WRANGLER_SEND_METRICS": "false", "CI": "true"}
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ours(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    capfd.readouterr()
    assert main([*arguments, "--binding=CACHE"], {}) == 0
    return capfd.readouterr().out


def test_the_real_wrangler_sees_what_ours_wrote(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ours(capfd, "kv", "key", "put", "queue:task:日本/1", "väl", '--metadata={"a":[1,null]}', "--ttl=3600")
    ours(capfd, "kv", "key", "put", "queue:task:2", "two")
    listed = real("kv", "key", "list", cwd=project)
    assert json.loads(listed) == json.loads(ours(capfd, "kv", "key", "list"))
    assert [key["name"] for key in json.loads(listed)] == ["queue:task:2", "queue:task:日本/1"]
    assert real("kv", "key", "get", "queue:task:日本/1", cwd=project) == "väl"


def test_ours_sees_what_the_real_wrangler_wrote_and_deleted(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    real("kv", "key", "put", "a", "from wrangler", '--metadata={"m":1}', cwd=project)
    real("kv", "key", "put", "b", "gone soon", cwd=project)
    assert ours(capfd, "kv", "key", "get", "a") == "from wrangler"
    real("kv", "key", "delete", "b", cwd=project)
    assert json.loads(ours(capfd, "kv", "key", "list")) == [{"name": "a", "metadata": {"m": 1}}]
    ours(capfd, "kv", "key", "delete", "a")
    assert json.loads(real("kv", "key", "list", cwd=project)) == []
