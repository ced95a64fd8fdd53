"""The real workerd, with its D1 bindings on our service: one database for each case."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.worker.d1.javascript import worker
from tests.worker.d1.recordings import Case
from tests.worker.workerd import configuration, served

_BINDING = """( name = "{name}", wrapped = ( moduleName = "cloudflare-internal:d1-api",
      innerBindings = [ ( name = "fetcher", service = "{name}" ) ] ) )"""


class RealWorker:
    """A Worker in workerd that plays recorded cases."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def play(self, case: Case) -> list[dict[str, Any]]:
        answer = await self._client.post("/", json={"id": case.id, "binding": case.id})
        assert answer.status_code == 200, answer.text
        outcomes: list[dict[str, Any]] = answer.json()
        return outcomes


@asynccontextmanager
async def running(folder: Path, address: str, cases: Sequence[Case]) -> AsyncIterator[RealWorker]:
    """workerd with a Worker that plays ``cases``, its databases at ``address``; skips where there is none."""
    names = [case.id for case in cases]
    text = configuration(names, _BINDING, "X-D1-Database", address)
    async with served(folder, text, worker(cases)) as client:
        yield RealWorker(client)
