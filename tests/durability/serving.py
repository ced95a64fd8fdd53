"""Our own store behind HTTP, as ``kv serve`` serves wrangler's folder.

``python -m tests.durability.serving FOLDER`` serves until it is killed.
"""

import asyncio
import sys
from pathlib import Path

from tests.durability.clients import NAMESPACE
from tests.durability.load import open_store
from worker.kvwire import NAMESPACE_HEADER, StatusTextProtocol, create_kv_app
from worker.rest import create_rest_app
from worker.serving import ByHeader, bind, serve


async def _main(folder: Path) -> None:
    store = await open_store("own", folder)
    rest = create_rest_app(folder, lambda _: store, {NAMESPACE: NAMESPACE})
    app = ByHeader(NAMESPACE_HEADER, create_kv_app(lambda _: store), rest)
    async with serve(app, bind("127.0.0.1", 0), StatusTextProtocol) as url:
        print(f"Ready on {url}", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
