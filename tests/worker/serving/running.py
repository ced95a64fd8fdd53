"""The servers as their users start them, and raw connections to them."""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

NAMESPACE = "0f2ac74b498b48028cb68387c421e279"
CONFIG = f"""\
name = "demo"
main = "entry.py"
compatibility_date = "2026-04-20"
compatibility_flags = ["python_workers"]
[[kv_namespaces]]
binding = "CACHE"
id = "{NAMESPACE}"
"""
# Never fails, whatever it is asked.
WORKER = """
from hashlib import sha256
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        body = await request.bytes()
        key = sha256(request.url.encode("utf-8", "replace")).hexdigest()
        await self.env.CACHE.put(key, bytes(body[:1000]))
        return Response(f"{request.js_object.method} {len(body)} {await self.env.CACHE.get(key) is not None}")

    async def scheduled(self, controller):
        print("fired at", controller.scheduledTime)
"""
COMMANDS = {
    "kv serve": ("kv", "serve", "--port=0"),
    "dev": ("dev", "--port=0", "--test-scheduled", "--live-reload"),
}
_ROOT = Path(__file__).parents[3]


@dataclass
class Server:
    """A running command; ``log`` is the file of all that it prints."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, request: bytes) -> bytes:
        """What comes back until the server closes, or until it has been silent for a moment."""
        with closing(self.connect()) as connection:
            connection.sendall(request)
            return heard(connection)

    @property
    def peak(self) -> int:
        """The most memory that it had, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


def heard(connection: socket.socket, seconds: float = 20) -> bytes:
    """All that comes until the other end closes or resets. Raises TimeoutError when it does neither."""
    connection.settimeout(seconds)
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def status(answer: bytes) -> int:
    """The status of the first answer; 0 when there is none."""
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    return int(found[1]) if found else 0


def reset(connection: socket.socket) -> None:
    """Close as a program that was killed: what is on its way is lost."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def running(command: str, folder: Path, *prefix: str) -> Iterator[Server]:
    """``command`` in ``folder``, started by ``prefix``, a program that becomes it."""
    (folder / "wrangler.toml").write_text(CONFIG)
    (folder / "entry.py").write_text(WORKER)
    log = folder / "log"
    program = [*prefix, sys.executable, "-m", "wrangler_compat", *COMMANDS[command]]
    environ = os.environ | {"PYTHONPATH": str(_ROOT), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(program, cwd=folder, stdout=output, stderr=output, env=environ)
    try:
        yield Server(process, log, _port(process, log))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    while True:
        found = re.search(r"Ready on http://localhost:(\d+)\n", log.read_text(errors="replace"))
        if found:
            return int(found[1])
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(log.read_text())
