"""``wrangler-compat kv serve``, run as its user runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .workerd import running

pytestmark = pytest.mark.own_clock

PROGRAM = (sys.executable, "-m", "wrangler_compat")
NAMESPACE = "0f2ac74b498b48028cb68387c421e279"
CONFIG = f"""\
name = "demo"
main = "index.js"
compatibility_date = "2026-04-20"
[[kv_namespaces]]
binding = "CACHE"
id = "{NAMESPACE}"
"""


def command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, capture_output=True, text=True)


class Serving:
    """A running ``kv serve``; ``said`` is what it printed until it was ready."""

    def __init__(self, cwd: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "kv", "serve", "--port=0", *arguments],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self.said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if "Ready on " in line:
                self.url = line.partition("Ready on ")[2].strip().replace("localhost", "127.0.0.1")
                return
        raise AssertionError(self.said)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def serving(project: Path) -> Iterator[Serving]:
    served = Serving(project)
    yield served
    if served.process.poll() is None:
        served.stop()


def test_kv_serve_shares_its_namespaces_with_the_command_line(serving: Serving, project: Path) -> None:
    headers = {"X-KV-Namespace": NAMESPACE}
    httpx.put(f"{serving.url}/a%2Fb?urlencoded=true", content="v", headers=headers, trust_env=False)
    assert command("kv", "key", "get", "a/b", "--binding=CACHE", cwd=project).stdout == "v"
    command("kv", "key", "put", "c", "w", "--binding=CACHE", cwd=project)
    got = httpx.get(f"{serving.url}/c?urlencoded=true", headers=headers, trust_env=False)
    assert got.content == b"w"


def test_kv_serve_answers_the_rest_api_to_all_other_requests(serving: Serving) -> None:
    answer = httpx.get(f"{serving.url}/client/v4/nowhere", trust_env=False)
    assert answer.status_code == 404
    assert answer.json()["success"] is False


def test_kv_serve_says_address_folder_and_namespaces_and_stops_with_0(project: Path) -> None:
    command("kv", "key", "put", "k", "v", "--binding=CACHE", cwd=project)
    command("kv", "key", "put", "k", "v", "--namespace-id=ffff", cwd=project)
    serving = Serving(project)
    assert serving.stop() == 0
    address = serving.url.removeprefix("http://").replace("127.0.0.1", "localhost")
    assert f"workerd    {address}, header X-KV-Namespace: <namespace id>" in serving.said
    assert f"Folder     {project}/.wrangler/state/v3/kv" in serving.said
    assert f"Namespace  CACHE ({NAMESPACE}), 1 keys" in serving.said
    assert "Namespace  ffff (ffff), 1 keys" in serving.said


def test_kv_serve_keeps_its_state_where_persist_to_says(project: Path) -> None:
    serving = Serving(project, "--persist-to", "elsewhere")
    headers = {"X-KV-Namespace": "any"}
    httpx.put(f"{serving.url}/k", content="v", headers=headers, trust_env=False)
    serving.stop()
    arguments = ("--namespace-id=any", "--persist-to=elsewhere")
    assert command("kv", "key", "get", "k", *arguments, cwd=project).stdout == "v"
    assert not (project / ".wrangler").exists()


@pytest.fixture
def strict(project: Path) -> Iterator[Serving]:
    served = Serving(project, "--strict")
    yield served
    served.stop()


def test_kv_serve_strict_takes_no_cursor_but_its_own(serving: Serving, strict: Serving) -> None:
    headers = {"X-KV-Namespace": "any"}
    foreign = {"cursor": "a2V5LTE="}
    with httpx.Client(base_url=serving.url, headers=headers, trust_env=False) as client:
        for number in range(5):
            client.put(f"/key-{number}", content="v")
        assert client.get("/", params=foreign).status_code == 200
    with httpx.Client(base_url=strict.url, headers=headers, trust_env=False) as client:
        refused = client.get("/", params=foreign)
        assert (refused.status_code, refused.text) == (400, "invalid cursor")
        pages = [client.get("/", params={"key_count_limit": 2}).json()]
        while not pages[-1]["list_complete"]:
            cursor = pages[-1]["cursor"]
            pages.append(client.get("/", params={"key_count_limit": 2, "cursor": cursor}).json())
    names = [key["name"] for page in pages for key in page["keys"]]
    assert names == [f"key-{number}" for number in range(5)]


def test_kv_serve_generates_a_namespace_from_a_census(project: Path) -> None:
    census = {"census": [{"prefix": "link:", "shapes": [{"pattern": "link:*", "count": 100_000_000}]}]}
    (project / "census.json").write_text(json.dumps(census))
    served = Serving(project, "--synthetic", "census.json")
    try:
        assert "synthetic, 100,000,000 keys that are generated from census.json" in served.said
        keys = f"{served.url}/client/v4/accounts/{'a' * 32}/storage/kv/namespaces/synthetic/keys"
        listed = httpx.get(keys, params={"prefix": "link:5000000", "limit": 10}).json()
        assert [one["name"] for one in listed["result"]] == [f"link:5000000{number}" for number in range(10)]
    finally:
        served.stop()


def test_kv_serve_refuses_what_is_no_census(project: Path) -> None:
    (project / "census.json").write_text('{"keys": 5}')
    done = command("kv", "serve", "--port=0", "--synthetic", "census.json", cwd=project)
    assert done.returncode == 1
    assert "census.json is not a census: it has no member 'census'" in done.stderr


def test_kv_serve_refuses_a_port_in_use(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("kv", "serve", "--port", str(port), cwd=project)
    assert done.returncode == 1
    assert f"Address already in use (127.0.0.1:{port})." in done.stderr


def test_kv_serve_refuses_what_is_no_port(project: Path) -> None:
    done = command("kv", "serve", "--port=70000", cwd=project)
    assert done.returncode == 1
    assert "--port must be a whole number from 0 to 65535, but got 70000" in done.stderr


@pytest.mark.anyio
@pytest.mark.workerd
async def test_kv_serve_is_the_store_of_a_real_worker(serving: Serving, project: Path) -> None:
    state = project / "workerd"
    state.mkdir()
    async with running(state, serving.url) as worker:
        put = await worker.play("", "put", ["queue:task:日本", "väl", {"metadata": {"a": [1, None]}}])
        assert put == {"result": {"$type": "undefined"}}
    listed = command("kv", "key", "list", "--namespace-id=main", cwd=project)
    assert json.loads(listed.stdout) == [{"name": "queue:task:日本", "metadata": {"a": [1, None]}}]


def test_kv_serve_is_not_open_to_other_machines(project: Path) -> None:
    done = command("kv", "serve", "--port=0", "--ip=0.0.0.0", cwd=project)
    assert done.returncode == 1
    assert "give a token that they must send, in KV_SERVE_TOKEN or CLOUDFLARE_API_TOKEN" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--ip=0.0.0.0", "--token=s3cret"], {}),
        (["--ip=0.0.0.0"], {"KV_SERVE_TOKEN": "s3cret", "CLOUDFLARE_API_TOKEN": "another"}),
        (["--ip=0.0.0.0"], {"CLOUDFLARE_API_TOKEN": "s3cret"}),
        ([], {"KV_SERVE_TOKEN": "s3cret"}),
    ],
)
def test_kv_serve_with_a_token_answers_nobody_without_it(
    arguments: list[str], variables: dict[str, str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    served = Serving(project, *arguments)
    url = served.url.replace("0.0.0.0", "127.0.0.1")
    wire = {"X-KV-Namespace": NAMESPACE}
    token = {"Authorization": "Bearer s3cret"}
    with httpx.Client(base_url=url, trust_env=False) as client:
        for headers in ({}, wire, wire | {"Authorization": "Bearer wrong"}):
            assert client.get("/client/v4/accounts", headers=headers).status_code in (400, 401, 403)
        assert client.put("/a?urlencoded=true", content="1", headers=wire | token).status_code == 200
        assert client.get("/a?urlencoded=true", headers=wire | token).text == "1"
        assert client.get("/client/v4/accounts", headers=token).json()["success"] is True
    assert served.stop() == 0


def test_a_namespace_id_that_can_name_no_folder_is_the_clients_mistake(serving: Serving) -> None:
    headers = {b"X-KV-Namespace": b"n" * 250 + "€€".encode()}
    answer = httpx.put(f"{serving.url}/k", content="v", headers=headers, trust_env=False)
    assert answer.status_code == 400
    assert "is too long: the folder of its values would have a name of 256 bytes" in answer.text
