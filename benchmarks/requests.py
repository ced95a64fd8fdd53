"""HTTP: a Worker that does one KV get, on connections that are kept open."""

import sys
from pathlib import Path

from benchmarks import miniflare as peer
from benchmarks.load import requests_per_second
from benchmarks.measurement import Measurement

_SECONDS = 2.0
_ROUNDS = 5


async def measure(folder: Path) -> list[Measurement]:
    what = "HTTP, a Worker with one get"
    (folder / "worker").mkdir()
    command = [sys.executable, "-m", "benchmarks.servers"]
    with (
        peer.serving([*command, "worker", str(folder / "worker")]) as ours,
        peer.serving([*command, "route", str(folder)]) as route,
    ):
        worker_rate, route_rate = await _rates(ours, route)
    bare = Measurement(what, "per second", worker_rate, route_rate, "bare Starlette route", "at least", 0.5)
    if not peer.is_there():
        return [bare, Measurement(what, missing=peer.MISSING)]
    with (
        peer.serving([*command, "worker", str(folder / "worker")]) as ours,
        peer.miniflare(folder / "http") as theirs,
    ):
        worker_rate, their_rate = await _rates(ours, theirs)
    return [bare, Measurement(what, "per second", worker_rate, their_rate, "Miniflare", "at least", 4)]


async def _rates(*urls: str) -> list[float]:
    """The best rate of each, in turns."""
    rounds = [[await requests_per_second(f"{url}/one", _SECONDS) for url in urls] for _ in range(_ROUNDS)]
    return [max(rates) for rates in zip(*rounds, strict=True)]
