"""The real workerd, with its KV binding on our server."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.worker.workerd import served

_REAL = Path(__file__).parent / "real"


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
    port = server.rpartition(":")[2]
    configuration = (_REAL / "config.capnp").read_text().replace("PORT", port)
    async with served(folder, configuration, (_REAL / "worker.js").read_text()) as client:
        yield RealWorker(client)
