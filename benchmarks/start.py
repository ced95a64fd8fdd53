"""Processor time: of `dev` until it is ready, and of a small rehearsal, whole process."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from benchmarks.measurement import Measurement
from benchmarks.timing import ROUNDS

_WORKER = {
    "wrangler.toml": """
name = "bench"
main = "entry.py"
compatibility_date = "2025-01-01"
compatibility_flags = ["python_workers"]
kv_namespaces = [{ binding = "CACHE", id = "bench" }]
""",
    "entry.py": """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("here")
""",
}


async def measure(folder: Path) -> list[Measurement]:
    for name, text in _WORKER.items():
        (folder / name).write_text(text)
    dev = min([await _used(lambda: _ready(folder)) for _ in range(ROUNDS)])
    rehearsal = min([await _used(lambda: _rehearsed(folder)) for _ in range(ROUNDS)])
    return [
        Measurement("dev, a Python Worker is ready, processor time", "s", dev, bar=0.5),
        Measurement("rehearse queue, the example, processor time", "s", rehearsal, bar=0.9),
    ]


async def _used(work: Callable[[], Awaitable[None]]) -> float:
    """The processor seconds of the processes that ``work`` starts and ends."""
    before = getrusage(RUSAGE_CHILDREN)
    await work()
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def _ready(folder: Path) -> None:
    """It is ended at once: what it takes to end counts, too."""
    process = await _started(folder, "wrangler_compat", "dev", "--port", "0")
    assert process.stdout is not None
    async for line in process.stdout:
        if b"Ready on" in line:
            process.send_signal(signal.SIGINT)
    assert await process.wait() == 0


async def _rehearsed(folder: Path) -> None:
    process = await _started(folder, "harness", "queue", "--quiet")
    await process.communicate()
    assert process.returncode == 1, "the example has findings"


async def _started(folder: Path, module: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *arguments),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )
