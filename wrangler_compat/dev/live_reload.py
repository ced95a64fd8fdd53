"""``dev --live-reload``: pages in a browser that reload themselves when the Worker has changed."""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH: Final = "/cdn-cgi/live-reload"
# Events come one way, so no WebSocket is needed. A page that lost its server reloads once it is back.
_SCRIPT: Final = f"""
<script>
(function () {{
  var lost = false, events = new EventSource("{PATH}");
  events.onmessage = function () {{ location.reload(); }};
  events.onerror = function () {{ lost = true; }};
  events.onopen = function () {{ if (lost) location.reload(); }};
}})();
</script>
""".encode()


class LiveReload:
    """An ASGI app around ``app`` that puts a script at the end of every page; ``changed`` makes it reload."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._changes = 0
        self._ended = False
        self._change = asyncio.Condition()

    async def changed(self) -> None:
        """Tell every open page."""
        async with self._change:
            self._changes += 1
            self._change.notify_all()

    async def end(self) -> None:
        """Let go of the open pages, for which the server would wait."""
        async with self._change:
            self._ended = True
            self._change.notify_all()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == PATH:
            await self._events(receive, send)
        else:
            await self._app(scope, receive, _Page(send))

    async def _events(self, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b": waiting\n\n", "more_body": True})
        telling = asyncio.create_task(self._tell(send))
        gone = asyncio.create_task(_disconnected(receive))
        _, pending = await asyncio.wait({telling, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()

    async def _tell(self, send: Send) -> None:
        told = self._changes
        while not self._ended:
            if self._changes > told:
                told = self._changes
                await send({"type": "http.response.body", "body": b"data: reload\n\n", "more_body": True})
            async with self._change:
                if self._changes == told and not self._ended:
                    await self._change.wait()
        await send({"type": "http.response.body", "body": b""})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class _Page:
    """A ``send`` that lengthens an HTML answer by the script; one that is encoded is left as it is."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._is_page = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = {name.lower(): value for name, value in message["headers"]}
            kind = headers.get(b"content-type", b"").lower()
            self._is_page = kind.startswith(b"text/html") and b"content-encoding" not in headers
            if self._is_page:
                kept = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
                message = {**message, "headers": kept}
        elif self._is_page and not message.get("more_body", False):
            message = {**message, "body": message.get("body", b"") + _SCRIPT}
        await self._send(message)
