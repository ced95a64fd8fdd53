"""Short links as they are to be: a row of ``links`` for each.

``MODE`` says how far the move has come. In ``dual`` every write goes to D1 and to KV, and KV answers; each
read is compared with the row. In ``d1`` rows are written and answer, and KV is asked only for what has no row
yet. The operator's steps are requests that are sent again with the cursor of the last answer until one says
``done``:

    /admin/backfill   a row for every entry that has none
    /admin/compare    how many entries have no row, or another one
    /admin/cleanup    delete the entries that have a row

A deleted link leaves its row, marked ``deleted``: so the backfill, which writes no row that is there, never
brings it back from a read that is a minute old.
"""

import secrets
import time
from urllib.parse import parse_qs, unquote, urlparse

from workers import Response, WorkerEntrypoint

PREFIX = "link:"
# Links for each request: a backfilled one takes a read, and a small plan has fifty operations.
PAGE = 20

COLUMNS = "INSERT INTO links (name, url, owner, expires) VALUES (?, ?, ?, ?) ON CONFLICT (name) "
BACKFILL = COLUMNS + "DO NOTHING"
SAVE = COLUMNS + (
    "DO UPDATE SET url = excluded.url, owner = excluded.owner, expires = excluded.expires, deleted = 0"
)
DELETE = (
    "INSERT INTO links (name, url, deleted) VALUES (?, '', 1) ON CONFLICT (name) DO UPDATE SET deleted = 1"
)
FOLLOW = "SELECT url, deleted OR coalesce(expires <= ?, 0) AS gone FROM links WHERE name = ?"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        url = urlparse(request.url)
        path = unquote(url.path)
        if path == "/api/links" and request.method == "POST":
            return await self.save(await request.json())
        if path.startswith("/api/links/") and request.method == "DELETE":
            return await self.delete(path.removeprefix("/api/links/"))
        if path.startswith("/admin/") and request.method == "POST":
            cursor = parse_qs(url.query).get("cursor", [None])[0]
            return await self.step(path.removeprefix("/admin/"), cursor)
        return await self.follow(path[1:])

    @property
    def is_dual(self):
        return self.env.MODE == "dual"

    async def save(self, asked):
        name, ttl = asked.get("id") or secrets.token_hex(4), asked.get("ttl")
        expires = None if ttl is None else int(time.time()) + ttl
        await self.env.DB.prepare(SAVE).bind(name, asked["url"], asked["owner"], expires).run()
        if self.is_dual:
            lifetime = {} if ttl is None else {"expiration": expires}
            shown = {"owner": asked["owner"]}
            await self.env.LINKS.put(PREFIX + name, asked["url"], metadata=shown, **lifetime)
        return Response.json({"id": name}, status=201)

    async def delete(self, name):
        await self.env.DB.prepare(DELETE).bind(name).run()
        if self.is_dual:
            await self.env.LINKS.delete(PREFIX + name)
        return Response("", status=204)

    async def follow(self, name):
        row = await self.env.DB.prepare(FOLLOW).bind(time.time(), name).first()
        in_row = None if row is None or row.gone else row.url
        if self.is_dual:
            in_kv = await self.env.LINKS.get(PREFIX + name)
            shadow = "same" if in_row == in_kv else "missing" if row is None else "different"
            url = in_row if in_kv is None else in_kv
            return self.answer(url, {"x-shadow": shadow})
        return self.answer(await self.env.LINKS.get(PREFIX + name) if row is None else in_row, {})

    def answer(self, url, headers):
        if url is None:
            return Response("no such link", status=404, headers=headers)
        return Response("", status=302, headers={"location": url, **headers})

    async def step(self, name, cursor):
        steps = {"backfill": self.backfill, "compare": self.compare, "cleanup": self.cleanup}
        if name not in steps:
            return Response("no such step", status=404)
        more = {"cursor": cursor} if cursor else {}
        page = await self.env.LINKS.list(prefix=PREFIX, limit=PAGE, **more)
        said = await steps[name](page["keys"]) if page["keys"] else None
        return Response.json({"done": page["list_complete"], "cursor": page.get("cursor"), name: said})

    async def backfill(self, keys):
        insert, rows = self.env.DB.prepare(BACKFILL), []
        for key in keys:
            url = await self.env.LINKS.get(key["name"])
            if url is not None:
                owner = (key.get("metadata") or {}).get("owner")
                name = key["name"].removeprefix(PREFIX)
                rows.append(insert.bind(name, url, owner, key.get("expiration")))
        if rows:
            await self.env.DB.batch(rows)
        return len(rows)

    async def compare(self, keys):
        rows, different = await self.rows(keys), 0
        for key in keys:
            url = await self.env.LINKS.get(key["name"])
            different += url is not None and rows.get(key["name"]) != url
        return different

    async def cleanup(self, keys):
        rows = await self.rows(keys)
        for key in keys:
            if key["name"] in rows:
                await self.env.LINKS.delete(key["name"])
        return len(rows)

    async def rows(self, keys):
        """The URLs of the rows that there are for a page of entries, by key."""
        marks = ", ".join("?" * len(keys))
        names = [key["name"].removeprefix(PREFIX) for key in keys]
        found = (
            await self.env.DB.prepare(f"SELECT name, url FROM links WHERE name IN ({marks})")
            .bind(*names)
            .all()
        )
        return {PREFIX + row.name: row.url for row in found.results}
