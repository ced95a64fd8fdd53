"""The peer: real Miniflare, a Node package, driven over HTTP by `miniflare.mjs`."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from kvstore.clock import stopwatch

_HERE = Path(__file__).parent
PACKAGES = _HERE.parent / ".real" / "node_modules"
MISSING = "Miniflare is not here: npm install --prefix .real wrangler"


def is_there() -> bool:
    return shutil.which("node") is not None and (PACKAGES / "miniflare").is_dir()


@contextmanager
def miniflare(folder: Path) -> Iterator[str]:
    """Miniflare with its state in ``folder``, for as long as the block lasts; gives its URL."""
    command = ["node", str(_HERE / "miniflare.mjs"), str(PACKAGES / "miniflare"), str(folder)]
    with serving(command) as url:
        seconds_of(f"{url}/puts?n=1000&at=50")  # the keys, and a first run for everything
        yield url


@contextmanager
def serving(command: list[str]) -> Iterator[str]:
    """A server that prints its URL and ends when its input does."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url, f"{command[0]} did not start"
        try:
            yield url
        finally:
            process.stdin.close()
            process.wait(timeout=30)


def seconds_of(url: str) -> float:
    start = stopwatch()
    with urlopen(url) as answer:
        assert answer.read() == b"done"
    return stopwatch() - start
