"""An HTTP server that answers as Cloudflare's API was recorded to answer, and keeps what it was asked."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BASE = "/client/v4"


@dataclass
class RecordedApi:
    """``answers`` are recorded requests, given out by method and target in the order of the recording.

    While ``rehearsing``, that is during the set-up of a scenario, everything succeeds and nothing is kept.
    """

    answers: list[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0
    rehearsing: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{BASE}"

    def answer(self, request: dict[str, Any]) -> tuple[int, bytes]:
        if self.rehearsing:
            return 200, b'{"success":true,"errors":[],"messages":[],"result":{}}'
        earlier = sum(1 for one in self.asked if line_of(one) == line_of(request))
        self.asked.append(request)
        fitting = [one for one in self.answers if line_of(one) == line_of(request)]
        if not fitting:
            return 599, f"not recorded: {line_of(request)}".encode()
        recorded = fitting[min(earlier, len(fitting) - 1)]
        content = recorded.get("response_base64")
        text = recorded.get("response", "")
        return recorded["status"], base64.b64decode(content) if content else text.encode()


def line_of(request: dict[str, Any]) -> str:
    return f"{request['method']} {request['target']}"


@contextmanager
def serve(api: RecordedApi) -> Iterator[RecordedApi]:
    """Answer on a port of its own until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = {"method": self.command, "target": self.path, "headers": headers, "content": body}
            status, content = api.answer(request)
            self.send_response(status)
            if b"<html>" in content:
                self.send_header("cf-ray", "stub")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def body_of(request: dict[str, Any]) -> Any:
    """What a request carries, so that two can be compared: JSON, the parts of a form, or bytes."""
    content = request.get("content")
    if content is None:
        encoded = request.get("body_base64")
        content = base64.b64decode(encoded) if encoded else request.get("body", "").encode()
    kind = request["headers"].get("content-type", "")
    if kind == "application/json":
        return json.loads(content)
    if kind.startswith("multipart/"):
        message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + content)
        return [
            (part["content-disposition"], part["content-type"], part.get_payload(decode=True))
            for part in message.get_payload()
            if not isinstance(part, str)
        ]
    return content
