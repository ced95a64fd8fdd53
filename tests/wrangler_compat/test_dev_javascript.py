"""``wrangler-compat dev`` for a TypeScript Worker, in the real workerd."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect

from .dev import REAL, Dev, wrangler

pytestmark = pytest.mark.own_clock


CONFIG = """\
name = "typed"
main = "src/index.ts"
compatibility_date = "2025-01-01"
[[kv_namespaces]]
binding = "CACHE"
id = "abc"
[vars]
GREETING = 'hé"llo'
N = 5
"""
INDEX = """\
import { shout } from "./shout";

interface Env { CACHE: any; GREETING: string; N: number }

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const path = new URL(request.url).pathname;
    if (path === "/boom") throw new Error("no such luck");
    await env.CACHE.put("last", path, { metadata: { n: env.N }, expirationTtl: 3600 });
    const tooShort = env.CACHE.put("x", "y", { expirationTtl: 5 });
    const refused = await tooShort.catch((error: Error) => error.message);
    return Response.json([shout(env.GREETING), refused, await env.CACHE.getWithMetadata("last")]);
  },
  async scheduled(event: any, env: Env) {
    await env.CACHE.put("cron", `${event.cron} ${event.scheduledTime}`);
  },
};
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "wrangler.toml").write_text(CONFIG)
    (tmp_path / "src" / "index.ts").write_text(INDEX)
    (tmp_path / "src" / "shout.ts").write_text("export const shout = (s: string) => s.toUpperCase();")
    for part in ("workerd", "esbuild"):
        if (REAL / part).exists():
            monkeypatch.setenv(f"{part.upper()}_BIN", str(REAL / part))
    return tmp_path


@pytest.fixture
def real_parts(project: Path) -> None:
    if "WORKERD_BIN" not in os.environ or "ESBUILD_BIN" not in os.environ:
        pytest.skip("workerd or esbuild is not installed: npm install --prefix .real wrangler@4.86.0")


@pytest.fixture
def dev(project: Path, real_parts: None) -> Iterator[Dev]:
    running = Dev(project, "--port", "0")
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.mark.workerd
def test_a_typescript_worker_runs_on_our_namespaces(dev: Dev, project: Path) -> None:
    answer = httpx.get(f"{dev.url}/hello", trust_env=False)
    assert answer.json() == [
        'HÉ"LLO',
        "KV PUT failed: 400 Invalid expiration_ttl of 5. Expiration TTL must be at least 60.",
        {"value": "/hello", "metadata": {"n": 5}, "cacheStatus": None},
    ]
    fired = httpx.get(f"{dev.url}/cdn-cgi/handler/scheduled?cron=*+*&time=5", trust_env=False)
    assert fired.text == "ok"
    listed = json.loads(wrangler("kv", "key", "list", "--binding=CACHE", cwd=project).stdout)
    assert [key["name"] for key in listed] == ["cron", "last"]
    assert wrangler("kv", "key", "get", "cron", "--binding=CACHE", cwd=project).stdout == "* * 5"


@pytest.mark.workerd
def test_an_exception_is_a_500_with_its_stack_in_the_files(dev: Dev, project: Path) -> None:
    broken = httpx.get(f"{dev.url}/boom", trust_env=False)
    assert broken.status_code == 500
    where = f"({(project / 'src' / 'index.ts').as_uri()}:8:33)"
    assert broken.text == f"Error: no such luck\n    at Object.fetch {where}"
    assert broken.headers["content-type"] == "text/plain;charset=UTF-8"
    page = httpx.get(f"{dev.url}/boom", headers={"accept": "text/html"}, trust_env=False)
    assert "8     if (path === &quot;/boom&quot;) throw new Error" in page.text
    assert httpx.get(f"{dev.url}/fine", trust_env=False).status_code == 200
    dev.stop()
    assert "".join(dev.lines).count(where) == 2


@pytest.mark.workerd
def test_a_broken_build_keeps_the_last_good_worker(dev: Dev, project: Path) -> None:
    shout = project / "src" / "shout.ts"
    shout.write_text("export const shout = (s: string) => `new ${s}`;")
    dev.read_until("Local server updated and ready")
    assert httpx.get(dev.url, trust_env=False).json()[0] == 'new hé"llo'
    shout.write_text("export const (")
    dev.read_until("The previous version of the Worker keeps running.")
    assert httpx.get(dev.url, trust_env=False).json()[0] == 'new hé"llo'
    assert dev.stop() == 0


def test_missing_parts_are_named_with_how_to_get_them(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKERD_BIN", "ESBUILD_BIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    done = wrangler("dev", "--port=0", cwd=project)
    assert done.returncode == 1
    assert "workerd is not installed" in done.stderr
    assert "npm install --save-dev workerd esbuild" in done.stderr


ECHO = """\
import { word } from "aliased";
export default {
  async fetch(request) {
    return Response.json({ url: request.url, headers: [...request.headers], word, defined: DEFINED });
  },
  async scheduled() {},
};
"""


@pytest.fixture
def echo(project: Path, real_parts: None) -> Path:
    (project / "src" / "index.ts").write_text(ECHO)
    (project / "src" / "own.ts").write_text("export const word: string = 'own';")
    return project


FLAGS = ("--port=0", "--define", 'DEFINED:"a:b"', "--alias", "aliased:./src/own")


@pytest.mark.workerd
def test_flags_reach_the_build_and_the_worker(echo: Path) -> None:
    dev = Dev(echo, *FLAGS, "--host=example.com", "--upstream-protocol=https", "--minify", "--test-scheduled")
    answer = httpx.get(f"{dev.url}/x?y=1", trust_env=False, headers={"accept": "a/b", "user-agent": "me"})
    # As wrangler 4.86 showed them to the same Worker; it adds mf-original-hostname.
    assert answer.json() == {
        "url": "https://example.com/x?y=1",
        "headers": [
            ["accept", "a/b"],
            ["accept-encoding", "br, gzip"],
            ["cf-connecting-ip", "127.0.0.1"],
            ["host", "example.com"],
            ["user-agent", "me"],
        ],
        "word": "own",
        "defined": "a:b",
    }
    assert set(answer.headers) == {"content-type", "content-length"}
    fired = httpx.get(f"{dev.url}/__scheduled?cron=*", trust_env=False)
    assert (fired.status_code, fired.text) == (200, "Ran scheduled event")
    assert dev.stop() == 0


@pytest.mark.workerd
def test_only_this_machine_fires_events(dev: Dev) -> None:
    def ask(path: str, **headers: str) -> tuple[int, str]:
        answer = httpx.get(f"{dev.url}/cdn-cgi/handler/{path}", trust_env=False, headers=headers)
        return answer.status_code, answer.text

    assert ask("scheduled", host="evil.example") == (403, "Invalid Host header")
    assert ask("scheduled", origin="http://evil.example") == (403, "Invalid Origin header")
    assert ask("scheduled", **{"sec-fetch-site": "cross-site"}) == (403, "Invalid Sec-Fetch-Site header")
    assert ask("scheduled", origin="http://localhost:3000") == (200, "ok")
    status, text = ask("foo")
    assert status == 404
    assert text.startswith('"/cdn-cgi/handler/foo" is not a valid handler. Did you mean to use ')


@pytest.mark.workerd
def test_a_debugger_finds_the_same_port_after_a_reload(echo: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    dev = Dev(echo, *FLAGS, f"--inspector-port={port}")

    def debugged() -> list[str]:
        listed = httpx.get(f"http://127.0.0.1:{port}/json", trust_env=False).json()
        return [one["webSocketDebuggerUrl"] for one in listed]

    assert f"ws://127.0.0.1:{port}/user" in debugged()
    (echo / "src" / "own.ts").write_text("export const word = 'new';")
    dev.read_until("Local server updated and ready")
    assert httpx.get(dev.url, trust_env=False).json()["word"] == "new"
    assert f"ws://127.0.0.1:{port}/user" in debugged()
    refused = wrangler("dev", *FLAGS, f"--inspector-port={port}", cwd=echo)
    assert refused.returncode == 1
    assert f"Address already in use (127.0.0.1:{port})" in refused.stderr
    assert dev.stop() == 0


@pytest.mark.workerd
def test_no_bundle_runs_the_entry_file_as_it_is(echo: Path) -> None:
    (echo / "plain.js").write_text("export default { fetch() { return new Response('plain'); } }")
    dev = Dev(echo, "plain.js", "--no-bundle", "--port=0")
    assert httpx.get(dev.url, trust_env=False).text == "plain"
    assert dev.stop() == 0


def connected(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=20)


@pytest.mark.workerd
def test_the_debugger_is_closed_to_pages_of_other_sites(echo: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    dev = Dev(echo, *FLAGS, f"--inspector-port={port}")

    def handshake(lines: str) -> bytes:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
            connection.sendall(
                f"GET /user HTTP/1.1\r\nHost: {lines}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            return connection.recv(65536)

    assert handshake(f"evil.example:{port}").endswith(b"Disallowed `Host` header")
    foreign = handshake(f"localhost:{port}\r\nOrigin: http://evil.example")
    assert foreign.startswith(b"HTTP/1.1 401 ")
    assert foreign.endswith(b"Disallowed `Origin` header")
    assert handshake(f"localhost:{port}").startswith(b"HTTP/1.1 101 ")
    devtools = "Origin: https://devtools.devprod.cloudflare.dev"
    assert handshake(f"localhost:{port}\r\nUser-Agent: x\r\n{devtools}").startswith(b"HTTP/1.1 101 ")
    assert dev.stop() == 0


@pytest.mark.workerd
@pytest.mark.parametrize("time", ["garbage", "", "NaN", "8640000000000001"])
def test_clock_route_refuses_an_invalid_duration(dev: Dev, time: str) -> None:
    answer = httpx.get(f"{dev.url}/cdn-cgi/handler/scheduled?time={time}", trust_env=False)
    assert answer.status_code == 400
    assert "time" in answer.text


@pytest.mark.workerd
def test_a_body_is_refused_before_it_is_sent(dev: Dev) -> None:
    with closing(connected(dev.url)) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000001\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


def children(process: subprocess.Popen[str]) -> list[Path]:
    """The processes that it has started, and still has."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [Path(f"/proc/{child}") for child in listed]


@pytest.mark.workerd
@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_was_started_deaf_and_leaves_no_workerd(
    project: Path, real_parts: None, name: signal.Signals
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell's for a background job of a script
    try:
        dev = Dev(project, "--port=0")
    finally:
        signal.signal(signal.SIGINT, before)
    started = children(dev.process)
    assert started
    dev.process.send_signal(name)
    assert dev.process.wait(20) == 0
    assert not any(child.exists() for child in started)
    dev.stop()


@pytest.mark.workerd
def test_the_second_signal_ends_it_at_once_and_workerd_too(dev: Dev) -> None:
    started = children(dev.process)
    with closing(connected(dev.url)) as connection:
        connection.sendall(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx")
        httpx.get(dev.url, trust_env=False)
        dev.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            dev.process.wait(0.5)
        dev.process.send_signal(signal.SIGINT)
        assert dev.process.wait(20) == 130
    assert started
    dev.process.communicate()  # until nobody has its output open: workerd had
    dev.stop()


ROOM = """\
import { DurableObject } from "cloudflare:workers";
export class Room extends DurableObject {
  async fetch(request: Request) {
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
  async webSocketMessage(socket: WebSocket, message: string) {
    const count = ((await this.ctx.storage.get("count")) as number ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    for (const one of this.ctx.getWebSockets()) one.send(`${count} ${message}`);
  }
}
export default {
  fetch(request: Request, env: any) {
    if (request.headers.get("upgrade") !== "websocket") return new Response("a room", { status: 426 });
    return env.ROOMS.get(env.ROOMS.idFromName("one")).fetch(request);
  },
};
"""


@pytest.mark.workerd
def test_websockets_reach_durable_objects_which_remember(project: Path, real_parts: None) -> None:
    (project / "src" / "index.ts").write_text(ROOM)
    bound = '[[durable_objects.bindings]]\nname = "ROOMS"\nclass_name = "Room"\n'
    created = '[[migrations]]\ntag = "v1"\nnew_sqlite_classes = ["Room"]\n'
    (project / "wrangler.toml").write_text(CONFIG + bound + created)
    for begun in (0, 2):
        dev = Dev(project, "--port", "0")
        url = dev.url.replace("http", "ws")
        assert httpx.get(dev.url, trust_env=False).status_code == 426
        with connect(url, proxy=None) as first, connect(url, proxy=None) as second:
            first.send("hello")
            assert (first.recv(), second.recv()) == (f"{begun + 1} hello", f"{begun + 1} hello")
            second.send("you")
            assert (first.recv(), second.recv()) == (f"{begun + 2} you", f"{begun + 2} you")
        assert dev.stop() == 0
    assert list((project / ".wrangler/state/v3/do/typed-Room").glob("*.sqlite"))
