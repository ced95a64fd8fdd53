"""Answers in pieces: to the end, without an end, or until something happens in the middle."""

import asyncio

import asgi
from workers import WorkerEntrypoint


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    async for piece in pieces(scope["env"].MIDDLE):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body"})


async def pieces(middle):
    while middle == "again":
        yield b"x" * 65536
    yield b'{"success": true, '
    if middle == "fail":
        raise ValueError("in the middle")
    if middle == "stop":
        await asyncio.Future()
    yield b'"pending": [], "count": 0}'


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return await asgi.fetch(app, request, self.env)
