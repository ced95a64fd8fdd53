"""Short links as they are to be: ``v2:link:<id>`` holds the URL, and its metadata what a listing shows.

Links are read in both layouts and written in the new one. The migration has three steps, each a request that
is sent again with the cursor of its answer until that says ``done``, and minutes apart, so that everybody
has seen the last one: ``/admin/copy``, ``/admin/remove`` (originals whose copies are there) and
``/admin/sweep``.

A copy may be made from a read that is a minute old: of a link that was deleted meanwhile. So a deleted link
leaves a mark, ``gone:<id>``, under a key that no copy overwrites. While the mark is there the link is not
shown, and the sweep removes such copies.
"""

import json
import secrets
import time
from urllib.parse import parse_qs, urlparse

from workers import Response, WorkerEntrypoint

OLD, NEW, GONE = "link:", "v2:link:", "gone:"
# Links for each request: a copy takes four operations, and a small plan has fifty.
PAGE = 10
# KV takes no expiration that is less than 60 seconds ahead: what ends so soon stays where it is.
SOON = 90
# How long a deleted link is remembered, in seconds: longer than a migration takes.
REMEMBERED = 86_400


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlparse(request.url)
        if url.path == "/api/links" and request.method == "POST":
            return await self.create(await request.json())
        if url.path.startswith("/api/links/") and request.method == "DELETE":
            return await self.delete(url.path.removeprefix("/api/links/"))
        if url.path.startswith("/admin/") and request.method == "POST":
            cursor = parse_qs(url.query).get("cursor", [None])[0]
            return await self.step(url.path.removeprefix("/admin/"), cursor)
        return await self.follow(url.path[1:])

    async def create(self, asked):
        name = asked.get("id") or secrets.token_hex(4)
        lifetime = {"expirationTtl": asked["ttl"]} if "ttl" in asked else {}
        shown = {"owner": asked["owner"], "created": int(time.time())}
        await self.env.LINKS.put(NEW + name, asked["url"], metadata=shown, **lifetime)
        return Response.json({"id": name}, status=201)

    async def delete(self, name):
        await self.env.LINKS.put(GONE + name, "", expirationTtl=REMEMBERED)
        await self.env.LINKS.delete(NEW + name)
        await self.env.LINKS.delete(OLD + name)
        return Response("", status=204)

    async def follow(self, name):
        url = await self.env.LINKS.get(NEW + name)
        if url is None:
            text = await self.env.LINKS.get(OLD + name)
            url = None if text is None else json.loads(text)["url"]
        if url is None or await self.env.LINKS.get(GONE + name) is not None:
            return Response("no such link", status=404)
        return Response("", status=302, headers={"location": url})

    async def step(self, name, cursor):
        steps = {"copy": (OLD, self.copy), "remove": (OLD, self.remove), "sweep": (GONE, self.sweep)}
        if name not in steps:
            return Response("no such step", status=404)
        prefix, work = steps[name]
        page = await self.env.LINKS.list(prefix=prefix, limit=PAGE, **({"cursor": cursor} if cursor else {}))
        for key in page["keys"]:
            await work(key["name"].removeprefix(prefix), key.get("expiration"))
        return Response.json({"done": page["list_complete"], "cursor": page.get("cursor")})

    async def copy(self, name, until):
        if until is not None and until < time.time() + SOON:
            return
        for prefix in (NEW, GONE):
            if await self.env.LINKS.get(prefix + name) is not None:
                return
        text = await self.env.LINKS.get(OLD + name)
        if text is None:
            return
        link = json.loads(text)
        shown = {"owner": link["owner"], "created": link["created"]}
        lifetime = {} if until is None else {"expiration": until}
        await self.env.LINKS.put(NEW + name, link["url"], metadata=shown, **lifetime)

    async def remove(self, name, until):
        if await self.env.LINKS.get(NEW + name) is not None:
            await self.env.LINKS.delete(OLD + name)

    async def sweep(self, name, until):
        await self.env.LINKS.delete(NEW + name)
