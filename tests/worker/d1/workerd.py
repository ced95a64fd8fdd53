"""The real workerd, with its D1 bindings on our service: one database for each case."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.worker.d1.javascript import worker
from tests.worker.d1.recordings import Case
from tests.worker.kvwire.workerd import program

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
    binary = program()
    if binary is None:
        pytest.skip("the real workerd is not installed: npm install --prefix .real wrangler@4.86.0")
    names = [case.id for case in cases]
    services = ",\n    ".join(_SERVICE.format(id=name, address=address) for name in names)
    bindings = ",\n    ".join(_BINDING.format(id=name) for name in names)
    (folder / "config.capnp").write_text(_CONFIGURATION.format(services=services, bindings=bindings))
    (folder / "worker.js").write_text(worker(cases))
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
