"""The real workerd, with its D1 bindings on our service: one database for each case."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.worker.d1.javascript import worker
from tests.worker.d1.recordings import Case
from tests.worker.workerd import served

_CONFIGURATION = """\
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ ( name = "worker", worker = .worker ),
    {services} ],
  sockets = [ ( name = "http", address = "127.0.0.1:0", http = (), service = "worker" ) ],
);

const worker :Workerd.Worker = (
  modules = [ ( name = "worker.js", esModule = embed "worker.js" ) ],
  compatibilityDate = "2026-04-20",
  bindings = [ {bindings} ],
);
"""
_SERVICE = """( name = "{id}", external = ( address = "{address}", http = (
      injectRequestHeaders = [ ( name = "X-D1-Database", value = "{id}" ) ] ) ) )"""
_BINDING = """( name = "{id}", wrapped = ( moduleName = "cloudflare-internal:d1-api",
      innerBindings = [ ( name = "fetcher", service = "{id}" ) ] ) )"""


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
    services = ",\n    ".join(_SERVICE.format(id=name, address=address) for name in names)
    bindings = ",\n    ".join(_BINDING.format(id=name) for name in names)
    configuration = _CONFIGURATION.format(services=services, bindings=bindings)
    async with served(folder, configuration, worker(cases)) as client:
        yield RealWorker(client)
