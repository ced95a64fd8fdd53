"""``kv key list`` on 1,000 keys, the whole process."""

import asyncio
import os
import sys
from pathlib import Path

from benchmarks import miniflare as peer
from benchmarks.measurement import Measurement
from benchmarks.timing import in_turns, seconds
from kvstore import Entry, StateStore
from kvstore.stores.state_names import state_root

_CONFIGURATION = """
name = "bench"
compatibility_date = "2025-01-01"
kv_namespaces = [{ binding = "CACHE", id = "bench" }]
"""
_LIST = ["kv", "key", "list", "--binding", "CACHE"]


async def measure(folder: Path) -> list[Measurement]:
    project = folder / "project"
    project.mkdir()
    (project / "wrangler.toml").write_text(_CONFIGURATION)
    store = StateStore(state_root(project), "bench")
    for number in range(1000):
        await store.put(f"key-{number:04}", Entry(b"v" * 200))
    await store.close()
    ours = [sys.executable, "-m", "wrangler_compat", *_LIST]
    real = [str(peer.PACKAGES / ".bin" / "wrangler"), *_LIST, "--local"]
    what = "kv key list, 1,000 keys, whole process"
    if not peer.is_there():
        took = await seconds(lambda: _run(ours, project))
        return [Measurement(what, missing=f"{peer.MISSING} (ours: {took:.2f} s)")]
    took, theirs = await in_turns(lambda: _run(ours, project), lambda: _run(real, project))
    return [Measurement(what, "s", took, theirs, "real wrangler", "at most", 0.15)]


async def _run(command: list[str], folder: Path) -> None:
    root = str(Path(__file__).parents[1])
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "WRANGLER_SEND_METRICS": "false", "PYTHONPATH": root},
    )
    output, errors = await process.communicate()
    assert output.count(b'"name"') == 1000, errors.decode()
