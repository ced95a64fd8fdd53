"""The host and the protocol that a Worker finds in its requests, whatever they were sent to."""

import re
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from worker.sdk.web.url import parse_url

_PLATFORM: Final = ("/cdn-cgi/", "/__scheduled")
_DOTS: Final = re.compile(rb"[/\\](\.|%2e)", re.IGNORECASE)


def is_platforms(scope: Scope) -> bool:
    """Whether a request is to the platform itself, in whichever way whoever answers it reads its path."""
    if scope["path"].startswith(_PLATFORM):
        return True
    sent: bytes = scope["raw_path"]
    if not _DOTS.search(sent):
        return False
    url = parse_url(f"http://localhost{sent.decode('latin-1')}")  # which takes the dots out
    return url is None or url.pathname.startswith(_PLATFORM)


@dataclass(frozen=True, slots=True)
class Upstream:
    """``host`` (with a port, perhaps) and ``protocol``, None for those of the request."""

    host: str | None = None
    protocol: str | None = None

    @property
    def hostname(self) -> str:
        """The host without its port; "" where there is none."""
        return re.sub(r":[0-9]*$", "", self.host or "").lower()

    def before(self, app: ASGIApp) -> ASGIApp:
        """``app``, with its requests changed; those to the platform itself are left as they are."""

        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "lifespan" and not is_platforms(scope):
                protocol = self.protocol
                if protocol is not None and scope["type"] == "websocket":
                    protocol = protocol.replace("http", "ws")
                scope = {**scope, "scheme": protocol or scope["scheme"]}
                if self.host is not None:
                    others = [pair for pair in scope["headers"] if pair[0] != b"host"]
                    scope["headers"] = [(b"host", self.host.encode("latin-1")), *others]
            await app(scope, receive, send)

        return changed
