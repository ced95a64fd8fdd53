"""Who may ask.

With a token, whoever carries it. Without one, only this machine, and no page of a browser on it that another
site has sent: such a page can send some requests here (forms, pictures, a name that was made to resolve to
127.0.0.1), and its browser says so in Host, Origin or Sec-Fetch-Site.
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.serving.bodies import answer_unread

# This machine, in a URL: exactly what wrangler takes. No others of 127.0.0.0/8, and no *.localhost.
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

_AUTHORITY: Final = r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
_HOST: Final = re.compile(_AUTHORITY, re.IGNORECASE)
_ORIGIN: Final = re.compile(f"https?://{_AUTHORITY}", re.IGNORECASE)
_FOREIGN_PAGE: Final = b"cross-site"


def host_of(value: bytes) -> str | None:
    """The host that a ``Host`` header names, in lower case; None where it is not a valid one."""
    return _named(_HOST, value)


def origin_host(value: bytes) -> str | None:
    """The host of an ``Origin`` header that is a site's; None for every other, such as ``null``."""
    return _named(_ORIGIN, value)


def _named(form: re.Pattern[str], value: bytes) -> str | None:
    match = form.fullmatch(value.decode("latin-1"))
    return None if match is None else match[1].lower()


def has_address(scope: Scope) -> bool:
    """Whether a request says where it goes: by a path, and by a host if it names one."""
    if not scope["raw_path"].startswith(b"/"):
        return False
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return not hosts or (len(hosts) == 1 and host_of(hosts[0]) is not None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What is wrong with a request: ``what`` is Host, Origin, Sec-Fetch-Site, client or token."""

    what: str
    value: str = ""

    @property
    def without_token(self) -> str:
        """The reason in words, where a token would have let the request in."""
        return f"{self.what} {self.value!r} is not this machine; without a token only this machine is served"


def in_a_line(refusal: Refusal) -> Response:
    """403 as miniflare words it: ``Invalid Origin header``."""
    return PlainTextResponse(f"Invalid {refusal.what} header", 403)


@dataclass(frozen=True, slots=True)
class Guard:
    """``hosts`` are the names that Host and Origin may have, as well as ``domains`` and all below them.

    With a ``token`` nothing else counts. Clients on other machines are refused unless ``any_client``.
    """

    token: str | None = None
    hosts: frozenset[str] = LOCAL_HOSTS
    domains: tuple[str, ...] = ()
    any_client: bool = False

    def before(
        self,
        app: ASGIApp,
        refused: Callable[[Refusal], Response] = in_a_line,
        guarded: Callable[[Scope], bool] = lambda scope: True,
    ) -> ASGIApp:
        """``app`` behind this guard; nothing of a request that is ``refused`` is read.

        Where only a part of the app is to be guarded, ``guarded`` says which requests are.
        """

        async def checked(scope: Scope, receive: Receive, send: Send) -> None:
            refusal = self.refusal(scope) if scope["type"] != "lifespan" and guarded(scope) else None
            if refusal is None:
                await app(scope, receive, send)
            else:
                await answer_unread(refused(refusal), scope, receive, send)

        return checked

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why the request may not come in; None when it may."""
        if self.token is not None:
            return None if _carries(scope, self.token) else Refusal("token")
        client = scope.get("client")
        if client is not None and not self.any_client and _is_foreign(client[0]):
            return Refusal("client", client[0])
        named = False
        for name, value in scope["headers"]:
            if name == b"host":
                named = True
                if not self._admits(host_of(value)):
                    return Refusal("Host", value.decode("latin-1"))
            elif name == b"origin":
                if not self._admits(origin_host(value)):
                    return Refusal("Origin", value.decode("latin-1"))
            elif name == b"sec-fetch-site" and value.strip().lower() == _FOREIGN_PAGE:
                return Refusal("Sec-Fetch-Site", value.decode("latin-1"))
        return None if named else Refusal("Host")

    def _admits(self, host: str | None) -> bool:
        if host is None:
            return False
        return host in self.hosts or any(host == one or host.endswith(f".{one}") for one in self.domains)


def _carries(scope: Scope, token: str) -> bool:
    """As ``Authorization: Bearer``; old clients have no token but a key, and here the key is the token."""
    headers = dict(scope["headers"])
    scheme, _, credentials = headers.get(b"authorization", b"").partition(b" ")
    given = credentials.strip() if scheme.lower() == b"bearer" else b""
    return hmac.compare_digest(given or headers.get(b"x-auth-key", b""), token.encode())


def _is_foreign(client: str) -> bool:
    try:
        return not ip_address(client).is_loopback
    except ValueError:  # a name: no network address, but a socket file or a test
        return False
