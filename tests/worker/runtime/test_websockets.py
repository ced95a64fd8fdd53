"""WebSockets of Python Workers, from a client's side and between the ends of a pair."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.worker.runtime.projects import project
from worker.config import load_config
from worker.runtime import bind, create_app, load_configured, open_local, serve
from worker.sdk.ffi.errors import JsException
from worker.sdk.web.websocket import pair

pytestmark = pytest.mark.anyio

ROOM = '[[durable_objects.bindings]]\nname = "ROOM"\nclass_name = "Room"\n'
CODE = """\
import js
from pyodide.ffi import create_proxy
from workers import DurableObject, Response, WorkerEntrypoint

class Room(DurableObject):
    async def fetch(self, request):
        client, server = js.WebSocketPair.new().object_values()
        self.ctx.acceptWebSocket(server, js.Array.new("guest"))
        return Response(None, status=101, web_socket=client)

    async def webSocketMessage(self, ws, message):
        for one in self.ctx.getWebSockets("guest"):
            one.send(f"{len(self.ctx.getWebSockets())} {message}")

    async def webSocketClose(self, ws, code, reason, was_clean):
        for one in self.ctx.getWebSockets():
            one.send(f"left {code} {reason} {was_clean}")

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.url.endswith("/room"):
            return await self.env.ROOM.getByName("one").fetch(request)
        if request.url.endswith("/no"):
            return Response("not you", status=403)
        if request.url.endswith("/client"):
            return await self.ask(request.headers["x-other"])
        client, server = js.WebSocketPair.new().object_values()

        async def heard(event):
            if event.data == "bye":
                server.close(4001, "as you like")
            else:
                server.send(event.data)

        server.accept()
        server.addEventListener("message", create_proxy(heard))
        return Response(None, status=101, web_socket=client, headers={"sec-websocket-protocol": "chat"})

    async def ask(self, url):
        import asyncio
        told = asyncio.get_running_loop().create_future()
        socket = js.WebSocket.new(url, "chat")
        socket.addEventListener("open", create_proxy(lambda event: socket.send("from a Worker")))
        socket.addEventListener("message", create_proxy(lambda event: told.set_result(event.data)))
        return Response(await told)
"""


async def test_clients_talk_to_a_worker_and_its_objects(tmp_path: Path) -> None:
    config = load_config(project(tmp_path / "sockets", {"entry.py": CODE}, ROOM) / "wrangler.toml")
    local = open_local(config, tmp_path / "kv")
    worker = load_configured(config, local.bindings, durable=local.durable)
    async with serve(create_app(worker), bind("127.0.0.1", 0), websockets=True) as url:
        base = url.replace("http", "ws")
        async with connect(base, subprotocols=["chat"], proxy=None) as socket:  # type: ignore[list-item]
            assert socket.subprotocol == "chat"
            await socket.send("hello")
            assert await socket.recv() == "hello"
            await socket.send(b"\x00\xff")
            assert await socket.recv() == b"\x00\xff"
            await socket.send("bye")
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert (socket.close_code, socket.close_reason) == (4001, "as you like")
        async with connect(base + "/room", proxy=None) as one:
            async with connect(base + "/room", proxy=None) as two:
                await one.send("hi")
                assert (await one.recv(), await two.recv()) == ("2 hi", "2 hi")
                await two.close(4002, "enough")
            assert await one.recv() == "left 4002 enough True"
        with pytest.raises(InvalidStatus) as refused:
            await connect(base + "/no", proxy=None)
        assert (refused.value.response.status_code, refused.value.response.body) == (403, b"not you")
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(url + "/client", headers={"x-other": base + "/"})
        assert answer.text == "from a Worker"
    await local.close()


async def test_the_ends_of_a_pair_hear_each_other_once_they_are_accepted() -> None:
    first, second = pair()
    with pytest.raises(JsException, match=r"You must call one of accept\(\) or state.acceptWebSocket\(\)"):
        first.send("too soon")
    heard: list[Any] = []
    first.accept()
    first.send("kept")
    second.addEventListener("message", lambda event: heard.append(event.data))
    second.onclose = lambda event: heard.append(event.code)  # type: ignore[assignment]
    second.accept()
    first.send("told")
    first.close(1000, "done")
    with pytest.raises(JsException, match=r"Can't call WebSocket send\(\) after close\(\)"):
        first.send("too late")
    await asyncio.sleep(0)
    assert heard == ["kept", "told", 1000]
