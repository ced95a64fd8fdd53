"""What a Worker would do past the platform is refused by name."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.worker.runtime.projects import answer_of, answering, project, simulated
from worker.runtime import LoadError, Platform, load_worker
from worker.runtime.escapes import EscapeError

pytestmark = pytest.mark.anyio

ESCAPES = {
    "threading.Thread(target=print).start()": "threads",
    "concurrent.futures.ThreadPoolExecutor().submit(print)": "threads",
    "await asyncio.to_thread(print)": "threads",
    "subprocess.run(['true'])": "processes",
    "os.system('true')": "processes",
    "os.fork()": "processes",
    "os.posix_spawn('/bin/true', ['true'], {})": "processes",
    "socket.create_connection(('127.0.0.1', 9))": "sockets",
    "socket.getaddrinfo('localhost', 80)": "sockets",
    "await asyncio.open_connection('127.0.0.1', 9)": "sockets",
    "anyio.from_thread.start_blocking_portal().__enter__()": "threads",
}
IMPORTS = "import anyio.from_thread, asyncio, concurrent.futures, os, socket, subprocess, threading"


@pytest.mark.parametrize("escape", ESCAPES)
async def test_an_escape_is_an_error_with_its_name(tmp_path: Path, escape: str) -> None:
    with pytest.raises(EscapeError, match=f"has no {ESCAPES[escape]} on the platform") as caught:
        await answer_of(tmp_path / "a", answering(escape, IMPORTS))
    assert caught.value.kind == ESCAPES[escape]


@pytest.mark.parametrize("base", ["RuntimeError", "OSError"])
async def test_a_refused_thread_is_caught_as_on_the_platform(tmp_path: Path, base: str) -> None:
    code = f"""
def tried():
    try:
        threading.Thread(target=print).start()
    except {base}:
        return "refused"
"""
    assert await answer_of(tmp_path / "a", answering("tried()", IMPORTS + code)) == "refused"


async def test_anyio_calls_in_the_same_thread_as_on_the_platform(tmp_path: Path) -> None:
    called = "await anyio.to_thread.run_sync(threading.get_ident) == threading.get_ident()"
    files = answering(called, IMPORTS + "\nimport anyio.to_thread")
    assert await answer_of(tmp_path / "a", files) is True
    assert await answer_of(tmp_path / "b", files, Platform(allowed=frozenset({"threads"}))) is False


@pytest.fixture
def site() -> Iterator[str]:
    """The address of a server that answers ``hello``."""

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


CLIENTS = {
    "fetch": "await (await workers.fetch({site!r})).text()",
    "httpx": "httpx.Client(trust_env=False).get({site!r}).text",
    "httpx, async": "(await httpx.AsyncClient(trust_env=False).get({site!r})).text",
    "urllib3": "urllib3.get({site!r})",
}
# In place of the package, whose name is what counts.
URLLIB3 = """
from urllib.request import ProxyHandler, build_opener
def get(url):
    return build_opener(ProxyHandler({})).open(url).read().decode()
"""


def asking(client: str, site: str) -> dict[str, str]:
    files = answering(CLIENTS[client].format(site=site), "import httpx, urllib3, workers")
    return files | {"/python_modules/urllib3.py": URLLIB3}


@pytest.mark.parametrize("client", CLIENTS)
async def test_http_leaves_as_it_does_on_the_platform(tmp_path: Path, site: str, client: str) -> None:
    assert await answer_of(tmp_path / "a", asking(client, site)) == "hello"


@pytest.mark.parametrize("client", sorted(CLIENTS.keys() - {"fetch"}))  # which a rehearsal answers itself
async def test_http_never_leaves_in_simulated_time(tmp_path: Path, site: str, client: str) -> None:
    with pytest.raises(Exception, match="on the platform|All connection attempts failed"):
        await answer_of(tmp_path / "a", asking(client, site), simulated())


async def test_a_package_asks_for_its_worker(tmp_path: Path) -> None:
    files = answering("lib.run()", "import lib") | {
        "/python_modules/lib.py": "import threading\ndef run(): threading.Thread(target=print).start()"
    }
    with pytest.raises(EscapeError, match="has no threads"):
        await answer_of(tmp_path / "a", files)


def test_an_escape_while_a_worker_is_imported_is_one_too(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="has no processes on the platform"):
        load_worker(project(tmp_path / "a", {"entry.py": "import os\nos.system('true')"}), {})


async def test_allowed_escapes_are_carried_out(tmp_path: Path) -> None:
    allowed = Platform(allowed=frozenset({"processes"}))
    assert await answer_of(tmp_path / "a", answering("os.system('true')", "import os"), allowed) == 0


async def test_outside_a_worker_nothing_is_refused(tmp_path: Path) -> None:
    await answer_of(tmp_path / "a", answering("1"))
    thread = threading.Thread(target=print)
    thread.start()
    thread.join()
    subprocess.Popen([sys.executable, "-c", ""]).wait()  # noqa: ASYNC220


CHANCE = ["random.random()", "secrets.token_hex(8)", "uuid.uuid4()", "os.urandom(1)", "random.Random()"]


@pytest.mark.parametrize("chance", CHANCE)
async def test_chance_while_a_worker_is_imported_is_refused(tmp_path: Path, chance: str) -> None:
    imports = f"import os, random, secrets, uuid\nDRAWN = {chance}"
    with pytest.raises(LoadError, match="Randomness is not allowed while a Worker is starting"):
        load_worker(project(tmp_path / "a", answering("1", imports)), {})
    allowed = Platform(allowed=frozenset({"entropy"}))
    assert await answer_of(tmp_path / "b", answering("1", imports), allowed) == 1
