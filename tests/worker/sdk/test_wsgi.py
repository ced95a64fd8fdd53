"""WSGI applications as Workers."""

from collections.abc import Iterator
from typing import Any

import pytest
from workers import wsgi

from worker.sdk import Request
from worker.sdk.http.response import response_parts

pytestmark = pytest.mark.anyio


def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
    names = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SERVER_PORT", "CONTENT_LENGTH", "HTTP_X_A")
    write = start_response("201 Made", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    write(b"first ")
    yield " ".join(environ[name] for name in names).encode("latin-1")
    yield b" " + environ["wsgi.input"].read() + environ["workers.env"].VAR.encode()


async def test_request_reaches_the_application(env: Any) -> None:
    request = Request.from_parts("POST", "https://e.com/%C3%A9?a=b", [("X-A", "1")], b"hi ")
    response = await wsgi.fetch(application, request, env)
    assert (response.status, response.statusText) == (201, "Made")
    assert response.headers.getSetCookie().to_py() == ["a=1", "b=2"]
    assert await response.text() == "first POST /é a=b 443 3 1 hi text"


async def test_result_is_closed_once_it_was_read(env: Any) -> None:
    closed = []

    class Result(list[bytes]):
        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start_response: Any) -> Result:
        start_response("200 OK", [])
        return Result([b"", b"a", b"b"])

    response = await wsgi.fetch(app, Request("https://e.com"), env)
    assert closed == []
    assert await response.text() == "ab"
    assert closed == [True]


async def test_entrypoint_is_a_worker(env: Any) -> None:
    request = Request.from_parts("POST", "https://e.com/", [("X-A", "1")], b"hi")
    worker = wsgi.entrypoint(application)(None, env)
    assert (await worker.fetch(request)).status == 201  # type: ignore[attr-defined]


async def test_null_body_status_has_no_body(env: Any) -> None:
    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("304 Not Modified", [])
        return [b"ignored"]

    assert response_parts(await wsgi.fetch(app, Request("https://e.com"), env)).body is None


async def test_application_must_start_a_response(env: Any) -> None:
    with pytest.raises(RuntimeError, match=r"^The WSGI application did not call start_response"):
        await wsgi.fetch(lambda environ, start_response: [], Request("https://e.com"), env)
