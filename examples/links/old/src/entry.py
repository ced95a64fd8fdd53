"""Short links as they were: ``link:<id>`` holds JSON, so that a listing has to read every link."""

import json
import secrets
import time
from urllib.parse import urlparse

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlparse(request.url).path
        if path == "/api/links" and request.method == "POST":
            return await self.create(await request.json())
        if path.startswith("/api/links/") and request.method == "DELETE":
            await self.env.LINKS.delete("link:" + path.removeprefix("/api/links/"))
            return Response("", status=204)
        return await self.follow(path[1:])

    async def create(self, asked):
        name = asked.get("id") or secrets.token_hex(4)
        link = {"url": asked["url"], "owner": asked["owner"], "created": int(time.time())}
        lifetime = {"expirationTtl": asked["ttl"]} if "ttl" in asked else {}
        await self.env.LINKS.put(f"link:{name}", json.dumps(link), **lifetime)
        return Response.json({"id": name}, status=201)

    async def follow(self, name):
        text = await self.env.LINKS.get(f"link:{name}")
        if text is None:
            return Response("no such link", status=404)
        return Response("", status=302, headers={"location": json.loads(text)["url"]})
