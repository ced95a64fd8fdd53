"""An account with one namespace, on a real port: our own REST API, which notes what it is asked."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from kvstore import Entry, StateStore
from worker.rest import create_rest_app
from worker.serving import bind, serve

ACCOUNT = "a" * 32
NAMESPACE = "1" * 32
PREVIEW = "2" * 32
TOKEN = "a-token"


@dataclass
class Remote:
    """``asked`` holds method and path, without query, of every request.

    Once ``until`` bulk requests for values were answered, all that follow are refused with ``status``.
    """

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    until: int | None = None
    status: int = 500

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CLOUDFLARE_API_TOKEN": TOKEN,
            "CLOUDFLARE_ACCOUNT_ID": ACCOUNT,
            "CLOUDFLARE_API_BASE_URL": self.url,
        }

    def count(self, method: str, part: str) -> int:
        return sum(1 for asked, path in self.asked if asked == method and part in path)

    def watching(self, app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.asked.append((scope["method"], scope["path"]))
                if self.until is not None and self.count("POST", "/bulk/get") > self.until:
                    error = {"code": 10001, "message": "service temporarily unavailable"}
                    answer = JSONResponse({"success": False, "errors": [error]}, self.status)
                    await answer(scope, receive, send)
                    return
            await app(scope, receive, send)

        return watched


@contextmanager
def account_with(folder: Path, entries: dict[str, Entry], namespace: str = NAMESPACE) -> Iterator[Remote]:
    """The account, in a thread of its own until the block ends; ``folder`` keeps its state."""
    remote = Remote()
    ready, end = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        store = StateStore(folder, namespace)
        await store.change_many(dict(entries))
        await store.close()
        names = {NAMESPACE: "cache", PREVIEW: "cache_preview"}
        app = create_rest_app(
            folder, partial(StateStore, folder), names, bindings={"BARE": NAMESPACE}, token=TOKEN
        )
        async with serve(remote.watching(app), bind("127.0.0.1", 0)) as url:
            remote.url = f"{url}/client/v4"
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    assert ready.wait(20)
    try:
        yield remote
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()
        loop.close()
