"""``workers.wsgi``: a WSGI application (Flask, Django, …) as a Worker."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from kvstore.javascript.stream import ReadableStream
from kvstore.javascript.values import UNDEFINED
from worker.sdk.entrypoint import WorkerEntrypoint
from worker.sdk.ffi.crossing import wrap
from worker.sdk.gateways.gateway import BaseOptions
from worker.sdk.http.request import Request
from worker.sdk.web.http.response import Response as WebResponse
from worker.sdk.web.http.status import NULL_BODY_STATUSES

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, kw_only=True)
class Options(BaseOptions):
    """Options of the WSGI adapter."""


async def fetch(
    app: Application, req: Any, env: Any, ctx: Any = None, *, options: Options | None = None
) -> Any:
    """Answer ``req`` with ``app``: a JavaScript Response whose body is produced as it is read.

    Raises what the application raises before its first chunk, RuntimeError if it does not call
    start_response.
    """
    request = req if isinstance(req, Request) else Request(req)
    environ = environ_of(request, env, await request.bytes())
    start = _Start()
    result = app(environ, start)
    chunks = iter(result)
    # An application may wait with start_response until it has something to say.
    first = next((chunk for chunk in chunks if chunk), None)
    if start.status is None:
        _close(result)
        raise RuntimeError("The WSGI application did not call start_response()")
    code, _, reason = start.status.partition(" ")
    body: Any = UNDEFINED
    if int(code) in NULL_BODY_STATUSES:
        _close(result)
    else:
        body = ReadableStream(_body(start.written, first, chunks, result))
    given: dict[str, Any] = {"status": int(code), "headers": [list(line) for line in start.headers]}
    return wrap(WebResponse(body, given | ({"statusText": reason} if reason else {})))


def entrypoint(app: Application, *, options: Options | None = None) -> type[WorkerEntrypoint]:
    """The Worker class that answers with ``app``."""

    class Default(WorkerEntrypoint):
        async def fetch(self, request: Any) -> Any:
            return await fetch(app, request, self.env, self.ctx, options=options)

    return Default


def environ_of(request: Request, env: Any, body: bytes) -> dict[str, Any]:
    """The WSGI environment; ``workers.env`` is the Worker's."""
    url = urlsplit(request.url)
    environ = {
        "REQUEST_METHOD": str(request.js_object.method),
        "SCRIPT_NAME": "",
        # PEP 3333: text whose characters are the bytes.
        "PATH_INFO": unquote(url.path or "/").encode().decode("latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or (443 if url.scheme == "https" else 80)),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "workers.env": env,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ


class _Start:
    """start_response, and what it was called with."""

    def __init__(self) -> None:
        self.status: str | None = None
        self.headers: list[tuple[str, str]] = []
        self.written: list[bytes] = []

    def __call__(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        if self.status is not None and exc_info is None:
            raise AssertionError("start_response() called more than once")
        self.status = status
        self.headers = headers
        return self.written.append


def _body(
    written: list[bytes], first: bytes | None, chunks: Iterator[bytes], result: Iterable[bytes]
) -> Iterator[bytes]:
    try:
        yield from written
        if first is not None:
            yield first
        yield from (chunk for chunk in chunks if chunk)
    finally:
        _close(result)


def _close(result: Iterable[bytes]) -> None:
    close = getattr(result, "close", None)
    if close is not None:
        close()
