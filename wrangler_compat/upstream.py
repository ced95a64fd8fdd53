"""The host and the protocol that a Worker finds in its requests, whatever they were sent to."""

from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_PLATFORM: Final = ("/cdn-cgi/", "/__scheduled")


@dataclass(frozen=True, slots=True)
class Upstream:
    """``host`` (with a port, perhaps) and ``protocol``, None for those of the request."""

    host: str | None = None
    protocol: str | None = None

    def before(self, app: ASGIApp) -> ASGIApp:
        """``app``, with its requests changed; those to the platform itself are left as they are."""

        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and not scope["path"].startswith(_PLATFORM):
                scope = {**scope, "scheme": self.protocol or scope["scheme"]}
                if self.host is not None:
                    others = [pair for pair in scope["headers"] if pair[0] != b"host"]
                    scope["headers"] = [(b"host", self.host.encode("latin-1")), *others]
            await app(scope, receive, send)

        return changed
