"""Who may debug: what the inspector proxy of wrangler 4.86 asks of a WebSocket, of every request here.

A page of another site must not reach the Worker through its debugger, which can run any code in it.
"""

import re
from typing import Final

import h11

from worker.serving import LOCAL_HOSTS, host_of, origin_host

# Where Cloudflare serves the DevTools from, and every preview of theirs.
_DEVTOOLS: Final = re.compile(
    r"devtools\.devprod\.cloudflare\.dev"
    r"|([a-z0-9]+-)?cloudflare-devtools\.devprod\.workers\.dev"
    r"|([a-z0-9]+\.)?cloudflare-devtools\.pages\.dev"
)
_OF_A_CONNECTION: Final = (b"connection", b"keep-alive", b"content-length", b"transfer-encoding", b"expect")


def read_head(received: bytes) -> tuple[h11.Request, bytes] | None:
    """The head of a request and what came behind it; None for what is none."""
    parser = h11.Connection(h11.SERVER, len(received) + 1)
    try:
        parser.receive_data(received)
        event = parser.next_event()
    except h11.RemoteProtocolError:
        return None
    return (event, parser.trailing_data[0]) if isinstance(event, h11.Request) else None


def upgrades(request: h11.Request) -> bool:
    """Whether it opens a WebSocket, after which the connection is the debugger's."""
    return any(name == b"upgrade" for name, _ in request.headers)


def refusal(request: h11.Request) -> tuple[int, str] | None:
    """Status and text as wrangler's; None for a request that may come in.

    A WebSocket of a program that names itself must have an Origin, as under wrangler. Requests that open
    none are asked for less there: here they must have a local Host, too, and no foreign Origin.
    """
    headers = dict(request.headers)
    host = host_of(headers.get(b"host", b""))
    if host is None:
        return 400, "Expected `Host` header"
    if host not in LOCAL_HOSTS:
        return 401, "Disallowed `Host` header"
    origins = [value for name, value in request.headers if name == b"origin"]
    if not origins and b"user-agent" in headers and upgrades(request):
        return 400, "Expected `Origin` header"
    for origin in map(origin_host, origins):
        if origin is None:
            return 400, "Expected `Origin` header"
        if origin not in LOCAL_HOSTS and not _DEVTOOLS.fullmatch(origin):
            return 401, "Disallowed `Origin` header"
    return None


def written(request: h11.Request) -> bytes:
    """The head as it is handed on. Unless it opens a WebSocket, nothing can follow it on its connection."""
    lines = request.headers.raw_items()
    if not upgrades(request):
        lines = [(name, value) for name, value in lines if name.lower() not in _OF_A_CONNECTION]
        lines.append((b"Connection", b"close"))
    first = b"%s %s HTTP/1.1" % (request.method, request.target)
    return b"\r\n".join([first, *(b"%s: %s" % line for line in lines), b"", b""])
