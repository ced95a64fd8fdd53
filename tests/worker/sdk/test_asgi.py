"""ASGI applications as Workers."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import asgi
import pytest
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

from worker.sdk import Request
from worker.sdk.context import ExecutionContext
from worker.sdk.http.response import response_parts

pytestmark = pytest.mark.anyio


async def show(request: StarletteRequest) -> JSONResponse:
    seen = {
        "path": request.url.path,
        "raw": request.scope["raw_path"].decode(),
        "query": request.url.query,
        "body": (await request.body()).decode(),
        "header": request.headers["x-a"],
        "var": request.scope["env"].VAR,
        "state": request.state.started,
    }
    response = JSONResponse(seen, status_code=201)
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


async def stream(request: StarletteRequest) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"a", b"b", b"c"):
            yield chunk

    return StreamingResponse(chunks())


async def endless(request: StarletteRequest) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        while True:
            yield b"x"

    return StreamingResponse(chunks())


async def empty(request: StarletteRequest) -> PlainTextResponse:
    return PlainTextResponse("", status_code=204)


def application(log: list[str]) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, str]]:
        log.append("up")
        yield {"started": "yes"}
        log.append("down")

    routes = [
        Route("/empty", empty),
        Route("/endless", endless),
        Route("/stream", stream),
        Route("/{rest:path}", show, methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def test_request_reaches_the_application(env: Any) -> None:
    log: list[str] = []
    request = Request.from_parts("POST", "https://e.com/a%20b?c=d", [("X-A", "1")], b"hi")
    response = await asgi.fetch(application(log), request, env, ExecutionContext(lambda pending: None))
    assert (await response.json()).to_py() == {
        "path": "/a b",
        "raw": "/a%20b",
        "query": "c=d",
        "body": "hi",
        "header": "1",
        "var": "text",
        "state": "yes",
    }
    assert (response.status, len(response.headers.getSetCookie())) == (201, 2)
    assert log == ["up", "down"]


async def test_stream_goes_on_after_the_answer(env: Any, spawned: list[Awaitable[Any]]) -> None:
    log: list[str] = []
    response = await asgi.fetch(application(log), Request("https://e.com/stream"), env)
    assert log == ["up"]
    assert await response.text() == "abc"
    await asyncio.gather(*spawned)
    assert log == ["up", "down"]


async def test_reader_that_leaves_ends_an_endless_stream(env: Any, spawned: list[Awaitable[Any]]) -> None:
    response = await asgi.fetch(application([]), Request("https://e.com/endless"), env)
    body: Any = response_parts(response).body
    received = asyncio.Event()

    async def read() -> None:
        async for _ in body:
            received.set()

    reader = asyncio.ensure_future(read())
    await received.wait()
    reader.cancel()
    ends = await asyncio.gather(reader, *spawned, return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError, type(None)]


async def test_an_application_that_sends_nothing_for_ever_lets_others_work(
    env: Any, spawned: list[Awaitable[Any]]
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        while True:
            await send({"type": "http.response.body", "body": b"", "more_body": True})

    response = await asgi.fetch(app, Request("https://e.com"), env)
    body: Any = response_parts(response).body
    chunks = aiter(body)
    assert await anext(chunks) == b"x"
    await chunks.aclose()
    assert await asyncio.gather(*spawned) == [None]


async def test_a_stream_that_is_closed_lets_the_application_end(
    env: Any, spawned: list[Awaitable[Any]]
) -> None:
    response = await asgi.fetch(application([]), Request("https://e.com/endless"), env)
    body: Any = response_parts(response).body
    chunks = aiter(body)
    await anext(chunks)
    await chunks.aclose()
    assert await asyncio.gather(*spawned) == [None]


@pytest.mark.parametrize("chunks", [1, 5])
async def test_a_stream_that_nobody_reads_lets_the_application_end(
    env: Any, spawned: list[Awaitable[Any]], chunks: int
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 203})
        for _ in range(chunks):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body", "body": b"x"})

    async def status() -> Any:
        return (await asgi.fetch(app, Request("https://e.com"), env)).status

    assert await status() == 203
    gc.collect()
    assert await asyncio.gather(*spawned) == [None]


async def test_a_stream_that_is_cut_off_ends_without_its_reader(
    env: Any, spawned: list[Awaitable[Any]]
) -> None:
    response = await asgi.fetch(application([]), Request("https://e.com/endless"), env)
    [ending] = spawned
    assert isinstance(ending, asyncio.Future)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert response.status == 200


async def test_an_error_after_the_answer_does_not_change_it(env: Any, spawned: list[Awaitable[Any]]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 201})
        await send({"type": "http.response.body", "body": b"done"})
        raise ValueError("in the background")

    response = await asgi.fetch(app, Request("https://e.com"), env)
    assert (response.status, await response.text()) == (201, "done")
    with pytest.raises(ValueError, match="in the background"):
        await asyncio.gather(*spawned)


async def test_null_body_status_has_no_body(env: Any) -> None:
    response = await asgi.fetch(application([]), Request("https://e.com/empty"), env)
    assert response_parts(response).body is None


async def test_entrypoint_is_a_worker(env: Any, spawned: list[Awaitable[Any]]) -> None:
    worker = asgi.entrypoint(application([]))(ExecutionContext(spawned.append), env)
    response: Any = await worker.fetch(Request("https://e.com/stream"))  # type: ignore[attr-defined]
    assert await response.text() == "abc"
    await asyncio.gather(*spawned)


async def test_application_without_lifespan_is_served(env: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
        await send({"type": "http.response.body", "body": b"plain"})

    response = await asgi.fetch(app, Request("https://e.com"), env)
    assert (await response.text(), response.headers.get("a")) == ("plain", "b")


async def test_application_that_fails_fails_the_request(env: Any) -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("broken")

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    with pytest.raises(ValueError, match=r"^broken$"):
        await asgi.fetch(broken, Request("https://e.com"), env)
    with pytest.raises(RuntimeError, match=r"^The application did not generate a response$"):
        await asgi.fetch(silent, Request("https://e.com"), env)


async def test_failed_startup_fails_the_request(env: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(RuntimeError, match=r"^no database$"):
        await asgi.fetch(app, Request("https://e.com"), env)


async def test_websocket_is_refused(env: Any) -> None:
    worker = asgi.entrypoint(application([]))(None, env)
    with pytest.raises(NotImplementedError, match=r"^WebSockets are not emulated$"):
        await worker.fetch(Request("https://e.com", headers={"upgrade": "websocket"}))  # type: ignore[attr-defined]
