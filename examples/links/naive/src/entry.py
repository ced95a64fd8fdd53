"""Short links as they are to be: ``v2:link:<id>`` holds the URL, and its metadata what a listing shows.

This is the migration as one writes it first. It works on five links, on one's own machine.
"""

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
        if path == "/admin/migrate" and request.method == "POST":
            return await self.migrate()
        if path.startswith("/api/links/") and request.method == "DELETE":
            await self.env.LINKS.delete("v2:link:" + path.removeprefix("/api/links/"))
            return Response("", status=204)
        return await self.follow(path[1:])

    async def create(self, asked):
        name = asked.get("id") or secrets.token_hex(4)
        lifetime = {"expirationTtl": asked["ttl"]} if "ttl" in asked else {}
        shown = {"owner": asked["owner"], "created": int(time.time())}
        await self.env.LINKS.put(f"v2:link:{name}", asked["url"], metadata=shown, **lifetime)
        return Response.json({"id": name}, status=201)

    async def follow(self, name):
        url = await self.env.LINKS.get(f"v2:link:{name}")
        if url is None:
            return Response("no such link", status=404)
        return Response("", status=302, headers={"location": url})

    async def migrate(self):
        page = await self.env.LINKS.list(prefix="link:")  # a page is not everything
        for key in page["keys"]:
            link = json.loads(await self.env.LINKS.get(key["name"]))
            shown = {"owner": link["owner"], "created": link["created"]}
            await self.env.LINKS.put("v2:" + key["name"], link["url"], metadata=shown)  # and lives for ever
            await self.env.LINKS.delete(key["name"])  # while others still see it, and not its copy
        return Response.json({"done": True})
