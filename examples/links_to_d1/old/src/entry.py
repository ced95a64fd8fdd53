"""Short links as they were: ``link:<id>`` holds the URL, its metadata the owner, and KV ends what expires."""

import secrets
from urllib.parse import unquote, urlparse

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = unquote(urlparse(request.url).path)
        if path == "/api/links" and request.method == "POST":
            return await self.save(await request.json())
        if path.startswith("/api/links/") and request.method == "DELETE":
            await self.env.LINKS.delete("link:" + path.removeprefix("/api/links/"))
            return Response("", status=204)
        return await self.follow(path[1:])

    async def save(self, asked):
        name = asked.get("id") or secrets.token_hex(4)
        lifetime = {"expirationTtl": asked["ttl"]} if "ttl" in asked else {}
        await self.env.LINKS.put("link:" + name, asked["url"], metadata={"owner": asked["owner"]}, **lifetime)
        return Response.json({"id": name}, status=201)

    async def follow(self, name):
        url = await self.env.LINKS.get("link:" + name)
        if url is None:
            return Response("no such link", status=404)
        return Response("", status=302, headers={"location": url})
