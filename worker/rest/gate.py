"""Who may ask.

With a token, whoever carries it. Without one, only this machine, and no page of a browser on it: a page of
a foreign site can send some requests here (forms, or a name that resolves to 127.0.0.1), and sends its
Origin or a foreign Host along.
"""

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request

from worker.rest.errors import foreign, unauthenticated


class Gate:
    """Admits requests that carry ``token``; with None, whatever comes from this machine."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def admit(self, request: Request) -> None:
        """Raises RestError (403, 10000)."""
        if self._token is None:
            _require_local(request)
        elif not self._carries(self._token, request):
            raise unauthenticated()

    def _carries(self, token: str, request: Request) -> bool:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        given = credentials.strip() if scheme.lower() == "bearer" else ""
        # Old clients have no token but a key, and say whose it is; here the key is the token.
        given = given or request.headers.get("x-auth-key", "")
        return hmac.compare_digest(given.encode("latin-1"), token.encode())  # bytes as they were sent


def _require_local(request: Request) -> None:
    if request.client is not None and _is_foreign_address(request.client.host):
        raise foreign("client", request.client.host)
    host = request.headers.get("host", "")
    if not _is_local(f"//{host}"):
        raise foreign("Host", host)
    origin = request.headers.get("origin")
    if origin is not None and not _is_local(origin):
        raise foreign("Origin", origin)


def _is_foreign_address(host: str) -> bool:
    try:
        return not ip_address(host).is_loopback
    except ValueError:  # a name: no network address, but a socket file or a test
        return False


def _is_local(url: str) -> bool:
    try:
        name = urlsplit(url).hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False
