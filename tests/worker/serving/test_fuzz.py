"""Whatever is sent to a server, it answers without a failure of its own, and stays small.

A few seconds for each server; ``FUZZ_SECONDS=120`` for more. The seed is printed, ``FUZZ_SEED``
repeats it, as far as a machine does the same thing twice.
"""

import os
import random
import re
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from kvstore.clock import stopwatch
from tests.worker.serving.running import COMMANDS, NAMESPACE, Server, heard, reset, running, status

pytestmark = pytest.mark.own_clock

SECONDS = float(os.environ.get("FUZZ_SECONDS", "3"))
SEED = int(os.environ.get("FUZZ_SEED", "0")) or random.SystemRandom().randrange(2**32)
THREADS = 4
MOST_MEMORY = 700 * 1024 * 1024  # bytes: four bodies of 100 MB at a time, and what the program is without

METHODS = [
    "GET",
    "PUT",
    "POST",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "CONNECT",
    "get",
    "X",
]
SPACE = f"/client/v4/accounts/{'0' * 32}/storage/kv/namespaces"
TARGETS = [
    "/",
    "/k",
    "/k%20",
    "/%",
    "/%ff?urlencoded=true",
    "/?prefix=%00&key_count_limit=x",
    "/?cursor=%F0",
    "/bulk/get",
    "*",
    "//",
    "/..%2f..",
    "/k?expiration_ttl=1e9&urlencoded=true",
    "/k?expiration=99999999999999999999",
    "http://localhost/absolute",
    "http://evil.example/",
    "localhost:1",
    "/cdn-cgi/handler/scheduled?time=NaN",
    "/cdn-cgi/handler/scheduled?time=0",
    "/cdn-cgi/handler/%00",
    "/x/../cdn-cgi/handler/scheduled",
    "/__scheduled?time=-1",
    "/__scheduled?time=99999999999999999999",
    SPACE,
    f"{SPACE}?page=0",
    f"{SPACE}?per_page=1e3",
    f"{SPACE}/{NAMESPACE}",
    f"{SPACE}/{NAMESPACE}/keys?limit=-1",
    f"{SPACE}/{NAMESPACE}/keys?cursor=%7F",
    f"{SPACE}/{NAMESPACE}/values/k%20",
    f"{SPACE}/{NAMESPACE}/values/%ff",
    f"{SPACE}/{NAMESPACE}/metadata/k",
    f"{SPACE}/{NAMESPACE}/bulk",
    f"{SPACE}/{NAMESPACE}/bulk/get",
    f"{SPACE}/%F0%9F/keys",
    "/client/v4/user",
]
HEADERS = [
    b"Host: evil.example",
    b"Host: [::1",
    b"Host:",
    b"Origin: null",
    b"Sec-Fetch-Site: cross-site",
    b"Connection: close",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c",
    b"Expect: 100-continue",
    b"Expect: what",
    b"Transfer-Encoding: gzip, chunked",
    b"Content-Length: 5, 5",
    b"Content-Length: -1",
    b"Content-Type: multipart/form-data; boundary=b",
    b"Content-Type: \xff\xfe",
    b'CF-KV-Metadata: ["\xff"]',
    b"CF-KV-Metadata: [" + b"1," * 1500 + b"1]",
    b"X-KV-Namespace: \xf0\x9f",
    b"X-KV-Namespace: " + b"n" * 300,
    b"Cf-Connecting-Ip: \x80",
    b"Authorization: Bearer \xe9",
    b"X: " + b"y" * 70_000,
    b"X\x00: y",
    b" folded: y",
    b"Understudy-Secret: x\r\nUnderstudy-Protocol: gopher",
    b"MF-Original-URL: http://localhost/cdn-cgi/",
]
BODIES = [
    b"",
    b"v",
    b"[]",
    b'["k",1,null]',
    b'{"keys":["k","\\ud800"],"type":"json"}',
    b'[{"key":"k","value":"v","expiration":1e400}]',
    b'{"title":"t","jurisdiction":[]}',
    b"[" * 100_000,
    b'--b\r\nContent-Disposition: form-data; name="value"\r\n\r\nv\r\n--b--\r\n',
    b"\xff\x00" * 50,
    b"x" * 200_000,
]


class Client:
    """One thread's requests: of each, what is sent and how the connection ends, by chance."""

    def __init__(self, server: Server, seed: str) -> None:
        self.server = server
        self.chance = random.Random(seed)
        self.sent = 0
        self.failures: list[str] = []

    def run(self, until: float) -> None:
        while stopwatch() < until and not self.failures:
            with suppress(OSError):  # the server may close whenever it likes
                self._connection()
            self.sent += 1

    def _connection(self) -> None:
        chance = self.chance
        request = b"".join(self._request() for _ in range(chance.choice([1, 1, 1, 3])))
        if chance.random() < 0.3:
            request = self._damaged(request)
        connection = self.server.connect()
        try:
            for piece in self._pieces(request):
                connection.sendall(piece)
            end = chance.choice(["read", "read", "half", "close", "reset"])
            if end == "half":
                connection.shutdown(1)
            if end in ("read", "half"):
                with suppress(TimeoutError):
                    self._check(request, heard(connection, chance.choice([0.05, 0.05, 0.5])))
            if end == "reset":
                reset(connection)
        finally:
            connection.close()

    def _check(self, request: bytes, answer: bytes) -> None:
        # Metadata that is not JSON, as when a folded line or damage follows it, is a 500 in production too.
        # A failure of the server's own shows in what it logs.
        expected = b"500" if b"cf-kv-metadata" in request.lower() else None
        for code in re.findall(rb"(?:^|\n)HTTP/1\.1 (5\d\d) ", answer):
            if code == expected:
                continue
            shown = re.sub(rb"(.)\1{99,}", rb"\1...", request)
            self.failures.append(f"{code!r} for {shown!r}: {answer!r}")

    def _request(self) -> bytes:
        chance = self.chance
        method = chance.choice(METHODS if chance.random() < 0.4 else ["GET", "PUT", "POST", "DELETE"])
        target = chance.choice(TARGETS)
        if chance.random() < 0.2:
            target += "".join(chr(chance.randrange(33, 127)) for _ in range(chance.randrange(600)))
        lines = [f"{method} {target} HTTP/1.{chance.choice('11110')}".encode(), b"Host: localhost"]
        if chance.random() < 0.5:
            lines.append(b"X-KV-Namespace: " + chance.choice([NAMESPACE.encode(), b"other"]))
        lines += chance.sample(HEADERS, chance.choice([0, 0, 1, 2]))
        body = chance.choice(BODIES)
        match chance.choice(["length", "length", "length", "chunked", "wrong", "long", "none"]):
            case "length":
                lines.append(b"Content-Length: %d" % len(body))
            case "chunked":
                lines.append(b"Transfer-Encoding: chunked")
                body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
            case "wrong":
                lines.append(b"Content-Length: %d" % chance.randrange(2 * len(body) + 10))
            case "long":
                lines.append(b"Content-Length: %d" % chance.choice([26_214_401, 10**8 + 1, 10**30]))
            case "none":
                body = b""
        return b"\r\n".join([*lines, b"", body])

    def _damaged(self, request: bytes) -> bytes:
        damaged = bytearray(request)
        for _ in range(self.chance.choice([1, 1, 5])):
            place = self.chance.randrange(min(len(damaged), 400) + 1)
            damaged[place : place + self.chance.choice([0, 1, 1, 20])] = self.chance.randbytes(
                self.chance.choice([0, 1, 1, 4])
            )
        return bytes(damaged)

    def _pieces(self, request: bytes) -> list[bytes]:
        if self.chance.random() < 0.7:
            return [request]
        cut = self.chance.randrange(len(request) + 1)
        return [request[:cut], request[cut:]] if self.chance.random() < 0.7 else [request[:cut]]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_request_makes_a_server_fail(command: str, tmp_path: Path) -> None:
    print(f"FUZZ_SEED={SEED} FUZZ_SECONDS={SECONDS:g}: {command}")
    with running(command, tmp_path) as server:
        clients = [Client(server, f"{SEED} {number}") for number in range(THREADS)]
        until = stopwatch() + SECONDS
        threads = [threading.Thread(target=client.run, args=(until,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{sum(client.sent for client in clients):,} connections, {server.peak / 2**20:,.0f} MiB")
        failures = [failure for client in clients for failure in client.failures]
        assert not failures, "\n".join([*failures, server.said[-4000:]])
        assert (
            status(
                server.ask(b"GET /client/v4/user HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            )
            == 200
        )
        assert server.peak < MOST_MEMORY
    assert "Traceback" not in server.said, server.said[-4000:]
    assert server.process.returncode == 0
