"""The real workerd, with its KV binding on our server."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[3]
_REAL = Path(__file__).parent / "real"


def program() -> Path | None:
    """The real workerd: WORKERD_BIN, or what .ci/run installed."""
    named = os.environ.get("WORKERD_BIN")
    found = Path(named) if named else ROOT / ".real" / "node_modules" / ".bin" / "workerd"
    return found if found.exists() else None


@dataclass
class RealWorker:
    """A Worker in workerd that carries out recorded steps."""

    client: httpx.AsyncClient

    async def play(self, namespace: str, operation: str, arguments: list[Any]) -> dict[str, Any]:
        """``{"result": …}`` or ``{"error": {name, message, sync}}``, in the recordings' notation."""
        step = {"ns": namespace, "op": operation, "args": arguments}
        # Lone surrogates travel as escapes: the body is ASCII.
        answer = await self.client.post("/", content=json.dumps(step).encode("ascii"))
        assert answer.status_code == 200, answer.text
        outcome: dict[str, Any] = answer.json()
        return outcome


@asynccontextmanager
async def running(folder: Path, server: str) -> AsyncIterator[RealWorker]:
    """workerd with the Worker of ``real/``, whose namespaces are at ``server``; skips where there is none."""
    binary = program()
    if binary is None:
        pytest.skip("the real workerd is not installed: npm install --prefix .real wrangler@4.86.0")
    port = server.rpartition(":")[2]
    (folder / "config.capnp").write_text((_REAL / "config.capnp").read_text().replace("PORT", port))
    (folder / "worker.js").write_bytes((_REAL / "worker.js").read_bytes())
    process = await asyncio.create_subprocess_exec(
        binary,
        "serve",
        "config.capnp",
        "--control-fd=1",
        "--experimental",
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        listening = json.loads(await process.stdout.readline())
        url = f"http://127.0.0.1:{listening['port']}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
            yield RealWorker(client)
    finally:
        process.terminate()
        await process.communicate()
