"""The two servers that are compared over HTTP: ``python -m benchmarks.servers worker|route <folder>``.

``worker`` is a Worker that answers with one KV get, on the state folder, as `wrangler-compat dev` serves it;
``route`` is a bare Starlette route on the same uvicorn. Prints its URL, and serves until its input ends.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from kvstore import KVNamespace, StateStore
from kvstore.sql.pooled import PooledDatabase
from worker.runtime import bind, create_app, load_worker, serve

_CONFIGURATION = """
name = "bench"
main = "entry.py"
compatibility_date = "2025-01-01"
compatibility_flags = ["python_workers"]
"""

_ENTRY = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(await self.env.CACHE.get("key-1"))
"""


@asynccontextmanager
async def _worker(folder: Path) -> AsyncIterator[ASGIApp]:
    (folder / "wrangler.toml").write_text(_CONFIGURATION)
    (folder / "entry.py").write_text(_ENTRY)
    store = StateStore(folder, "bench", opener=PooledDatabase.open)
    namespace = KVNamespace(store)
    await namespace.put("key-1", "v" * 200)
    try:
        yield create_app(load_worker(folder, {"CACHE": namespace}))
    finally:
        await store.close()


@asynccontextmanager
async def _route(folder: Path) -> AsyncIterator[ASGIApp]:
    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse("v" * 200)

    yield Starlette(routes=[Route("/one", answer)])


async def _main(kind: str, folder: Path) -> None:
    application = _worker if kind == "worker" else _route
    async with application(folder) as app, serve(app, bind("127.0.0.1", 0)) as url:
        print(url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], Path(sys.argv[2])))
