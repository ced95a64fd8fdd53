"""A client that asks as fast as it is answered, on connections that stay open."""

import asyncio
from urllib.parse import urlsplit

from kvstore.clock import stopwatch

_CONNECTIONS = 16


async def requests_per_second(url: str, seconds: float, connections: int = _CONNECTIONS) -> float:
    """GET ``url`` on all connections for ``seconds``. Raises AssertionError for another status than 200."""
    loop = asyncio.get_running_loop()
    parts = urlsplit(url)
    host, port = str(parts.hostname), int(parts.port or 80)
    asking = [
        (await loop.create_connection(lambda: _Asking(parts.path, parts.netloc), host, port))[1]
        for _ in range(connections)
    ]
    start = stopwatch()
    before = sum(client.answers for client in asking)
    await asyncio.sleep(seconds)
    answers, took = sum(client.answers for client in asking) - before, stopwatch() - start
    for client in asking:
        client.transport.abort()
    failed = next((client.failure for client in asking if client.failure), None)
    assert failed is None, failed
    return answers / took


class _Asking(asyncio.Protocol):
    """One connection: the next request goes out when the answer to the last one is complete."""

    transport: asyncio.Transport

    def __init__(self, path: str, host: str) -> None:
        self._request = f"GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: */*\r\n\r\n".encode()
        self._received = b""
        self.answers = 0
        self.failure: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_complete(self._received):
            return
        if not self._received.startswith(b"HTTP/1.1 200"):
            self.failure = self._received.decode("latin-1")
            return
        self._received = b""
        self.answers += 1
        self.transport.write(self._request)


def _is_complete(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    fields = head.lower()
    if b"transfer-encoding: chunked" in fields:
        return body.endswith(b"0\r\n\r\n")
    _, _, size = fields.partition(b"content-length: ")
    return len(body) >= int(size.split(b"\r\n", 1)[0])
