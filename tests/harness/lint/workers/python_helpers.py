"""A repository of its own, asked by the Worker."""

import json

from pyodide.ffi import to_js
from workers import Response, WorkerEntrypoint


class Boards:
    def __init__(self, kv):
        self.kv = kv

    async def load(self, name):
        text = await self.kv.get(f"board:{name}")
        return [] if text is None else json.loads(text)

    async def save(self, name, posts):
        await self.kv.put(f"board:{name}", json.dumps(posts), to_js({"metadata": {"posts": len(posts)}}))


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        boards = Boards(self.env.BOARDS)
        posts = await boards.load("main")
        posts = [*posts, await request.json()]
        await boards.save("main", posts)  # finds: lost-update
        return Response.json(posts)

    async def split(self):
        for key in (await self.env.BOARDS.list(prefix="board:", limit=20))["keys"]:
            posts = json.loads(await self.env.BOARDS.get(key["name"]))
            for post in posts:
                name = key["name"].removeprefix("board:")
                await self.env.BOARDS.put(f"post:{name}:{post['id']}", post["text"])  # finds: bare-copy
            await self.env.BOARDS.delete(key["name"])  # finds: early-delete
