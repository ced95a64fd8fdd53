"""Who is let in, how much is read, and for how long: both servers, as their users start them."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kvstore.clock import stopwatch
from tests.worker.serving.running import COMMANDS, NAMESPACE, Server, heard, running, status

pytestmark = pytest.mark.own_clock

WIRE = f"X-KV-Namespace: {NAMESPACE}\r\n"
NAMESPACES = f"/client/v4/accounts/{'0' * 32}/storage/kv/namespaces"
FOREIGN = [
    "Host: evil.example",
    "Host: 127.0.0.1.evil.example",
    "Host: 127.0.0.9",
    "Host: x.localhost",
    "Host: localhost.",
    "Host: evil.example@localhost",
    "Host: localhost@evil.example",
    "Host: localhost:1:2",
    "Host: localhost\r\nHost: evil.example",
    "Host: localhost\r\nOrigin: http://evil.example",
    "Host: localhost\r\nOrigin: http://x.localhost",
    "Host: localhost\r\nOrigin: http://localhost@evil.example",
    "Host: localhost\r\nOrigin: null",
    "Host: localhost\r\nSec-Fetch-Site: cross-site",
]
OWN = [
    "Host: localhost",
    "Host: LocalHost:1",
    "Host: 127.0.0.1:8787",
    "Host: [::1]:8787",
    "Host: localhost\r\nOrigin: https://localhost:3000",
    "Host: localhost\r\nSec-Fetch-Site: same-site",
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    with (
        running("kv serve", tmp_path_factory.mktemp("kv")) as serving,
        running("dev", tmp_path_factory.mktemp("dev")) as developing,
    ):
        yield {"kv serve": serving, "dev": developing}


def request(target: str, lines: str, method: str = "GET", body: str = "") -> bytes:
    lines = f"{lines}\r\n" if lines else ""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {target} HTTP/1.1\r\n{lines}{length}Connection: close\r\n\r\n{body}".encode()


@pytest.mark.parametrize("lines", FOREIGN)
def test_kv_serve_is_closed_to_pages_of_other_sites(servers: dict[str, Server], lines: str) -> None:
    server = servers["kv serve"]
    assert status(server.ask(request(NAMESPACES, lines))) in (400, 403)
    # A page could not see an answer, and so a write must not have happened.
    assert status(server.ask(request("/secret", f"{WIRE}{lines}", "PUT", "v"))) in (400, 403)
    assert status(server.ask(request("/secret", f"{WIRE}Host: localhost"))) == 404


@pytest.mark.parametrize("lines", OWN)
def test_kv_serve_is_open_to_this_machine(servers: dict[str, Server], lines: str) -> None:
    server = servers["kv serve"]
    answer = server.ask(request(NAMESPACES, lines))
    assert status(answer) == 200
    assert b"x-content-type-options: nosniff\r\n" in answer
    assert status(server.ask(request("/", f"{WIRE}{lines}"))) == 200


def test_kv_serve_is_open_to_workerd_which_has_a_name_of_its_own_for_it(servers: dict[str, Server]) -> None:
    server = servers["kv serve"]
    assert status(server.ask(request("/", f"{WIRE}Host: fake-host"))) == 200
    assert status(server.ask(request(NAMESPACES, "Host: fake-host"))) == 403


@pytest.mark.parametrize(
    "target",
    [
        "/cdn-cgi/handler/scheduled",
        "/cdn-cgi/handler/other",
        "/cdn-cgi/live-reload",
        "/cdn-cgi/",
        "/__scheduled",
        "/%63dn-cgi/handler/scheduled",
        "/x/%2E%2e/cdn-cgi/handler/scheduled",
    ],
)
def test_dev_fires_nothing_for_pages_of_other_sites(servers: dict[str, Server], target: str) -> None:
    for lines in FOREIGN:
        assert status(servers["dev"].ask(request(target, lines))) in (400, 403), lines
    assert "fired at" not in servers["dev"].said


def test_dev_says_what_miniflare_says(servers: dict[str, Server]) -> None:
    target = "/cdn-cgi/handler/scheduled"
    asked = {
        b"Invalid Host header": "Host: evil.example",
        b"Invalid Origin header": "Host: localhost\r\nOrigin: http://evil.example",
    }
    for text, lines in asked.items():
        answer = servers["dev"].ask(request(target, lines))
        assert (status(answer), answer.partition(b"\r\n\r\n")[2]) == (403, text)


def test_dev_leaves_it_to_the_worker_which_hosts_it_answers(servers: dict[str, Server]) -> None:
    lines = "Host: evil.example\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: cross-site"
    assert status(servers["dev"].ask(request("/x", lines))) == 200


@pytest.mark.parametrize("time", ["garbage", "", "NaN", "1e3", "8640000000000001", "9" * 5000])
@pytest.mark.parametrize("path", ["/__scheduled", "/cdn-cgi/handler/scheduled"])
def test_dev_refuses_what_is_no_time(servers: dict[str, Server], path: str, time: str) -> None:
    answer = servers["dev"].ask(request(f"{path}?time={time}", "Host: localhost"))
    assert status(answer) == 400
    assert b"time must be whole milliseconds" in answer


@pytest.mark.parametrize(
    ("command", "target", "lines", "most"),
    [
        ("kv serve", "/k", WIRE, 25 * 1024 * 1024),
        ("kv serve", f"{NAMESPACES}/{NAMESPACE}/values/k", "", 25 * 1024 * 1024),
        ("kv serve", f"{NAMESPACES}/{NAMESPACE}/bulk", "", 100_000_000),
        ("dev", "/k", "", 100_000_000),
    ],
)
def test_a_body_is_refused_before_it_is_sent(
    servers: dict[str, Server], command: str, target: str, lines: str, most: int
) -> None:
    head = f"PUT {target} HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: {most + 1}\r\n\r\n"
    with closing(servers[command].connect()) as connection:
        connection.sendall(head.encode())
        answer = b""
        while b"exceeds limit of" not in answer:
            answer += connection.recv(65536)
        assert status(answer) == 413
        assert f"{most}.".encode() in answer
        connection.sendall(b"x" * 1_000_000)  # a client that does not listen yet is not cut off


def test_a_body_in_chunks_is_refused_once_it_is_too_large(servers: dict[str, Server]) -> None:
    server = servers["kv serve"]
    head = f"PUT /k HTTP/1.1\r\nHost: localhost\r\n{WIRE}Transfer-Encoding: chunked\r\n\r\n"
    with closing(server.connect()) as connection:
        connection.sendall(head.encode())
        chunk = b"%x\r\n%s\r\n" % (2**20, b"x" * 2**20)
        for _ in range(30):
            connection.sendall(chunk)
        assert status(connection.recv(65536)) == 413  # though the body has no end
    assert server.peak < 300 * 2**20


@pytest.mark.parametrize("command", COMMANDS)
def test_an_endless_head_is_refused(servers: dict[str, Server], command: str) -> None:
    server = servers[command]
    with closing(server.connect()) as connection:
        try:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            for _ in range(100):
                connection.sendall(b"y" * 2**20)
        except ConnectionError:
            pass
        assert status(heard(connection)) in (431, 0)  # 0: it was closed while we were sending
    assert server.peak < 300 * 2**20
    assert "Traceback" not in server.said


def test_a_head_of_64_kib_is_too_long_for_dev(servers: dict[str, Server]) -> None:
    server = servers["dev"]
    assert status(server.ask(request("/", "Host: localhost\r\nX: " + "y" * 60_000))) == 200
    assert status(server.ask(request("/", "Host: localhost\r\nX: " + "y" * 66_000))) == 431
    many = "\r\n".join(["Host: localhost", *(f"X-{number}: y" for number in range(9000))])
    assert status(server.ask(request("/", many))) == 431


def test_a_path_with_a_space_at_its_end_is_answered_for_any_method(servers: dict[str, Server]) -> None:
    lines = f"{WIRE}Host: localhost"
    for method in ("TRACE", "PATCH", "FOO"):
        assert status(servers["kv serve"].ask(request("/k%20", lines, method))) == 405


def test_refusals_come_at_once(servers: dict[str, Server]) -> None:
    start = stopwatch()
    servers["kv serve"].ask(request("/", f"{WIRE}Host: evil.example", "PUT", "v"))
    assert stopwatch() - start < 4  # a client that has sent all is not waited for
