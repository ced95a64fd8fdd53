"""Short links as they are to be: a row of ``links`` for each.

This is the migration as one writes it first. It works on five links, on one's own machine.
"""

import secrets
import time
from urllib.parse import unquote, urlparse

from workers import Response, WorkerEntrypoint

SAVE = "INSERT OR REPLACE INTO links (name, url, owner, expires) VALUES (?, ?, ?, ?)"
FOLLOW = "SELECT url FROM links WHERE name = ? AND (expires IS NULL OR expires > ?)"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = unquote(urlparse(request.url).path)
        if path == "/api/links" and request.method == "POST":
            return await self.save(await request.json())
        if path == "/admin/migrate" and request.method == "POST":
            return await self.migrate()
        if path.startswith("/api/links/") and request.method == "DELETE":
            name = path.removeprefix("/api/links/")
            await self.env.DB.prepare("DELETE FROM links WHERE name = ?").bind(name).run()
            return Response("", status=204)
        return await self.follow(path[1:])

    async def save(self, asked):
        name = asked.get("id") or secrets.token_hex(4)
        expires = int(time.time()) + asked["ttl"] if "ttl" in asked else None
        await self.env.DB.prepare(SAVE).bind(name, asked["url"], asked["owner"], expires).run()
        return Response.json({"id": name}, status=201)

    async def follow(self, name):
        url = await self.env.DB.prepare(FOLLOW).bind(name, time.time()).first("url")
        if url is None:
            return Response("no such link", status=404)
        return Response("", status=302, headers={"location": url})

    async def migrate(self):
        page = await self.env.LINKS.list(prefix="link:")  # a page is not everything
        for key in page["keys"]:
            name = key["name"].removeprefix("link:")
            url = await self.env.LINKS.get(key["name"])
            await self.env.LINKS.delete(key["name"])  # before anybody has looked whether the row is there
            await self.env.DB.prepare(SAVE).bind(name, url, None, None).run()  # no owner, and no end
        return Response.json({"done": True})
