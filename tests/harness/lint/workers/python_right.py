"""Bindings in methods and helpers; every page, all that an entry has, and no key that several write."""

import json
import time
from dataclasses import dataclass
from typing import Any

from workers import Response, WorkerEntrypoint

PAGE = 100


@dataclass
class Page:
    names: list[str]
    cursor: str | None


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if request.method == "POST":
            return await self.add(await request.json())
        return Response.json([name async for name in self.names("item:")])

    async def add(self, item: dict[str, Any]):
        lifetime = {"expirationTtl": max(60, item["ttl"])} if "ttl" in item else {}
        await self.env.SHOP.put(f"item:{item['id']}", json.dumps(item), **lifetime)
        return Response("", status=201)

    async def names(self, prefix: str):
        options = {"prefix": prefix}
        while True:
            page = await self.env.SHOP.list(**options)
            for key in page["keys"]:
                yield key["name"]
            if page["list_complete"]:
                return
            options["cursor"] = page["cursor"]

    async def page(self, cursor: str | None) -> Page:
        found = await self.env.SHOP.list(prefix="item:", limit=PAGE, cursor=cursor)
        rest = None if found["list_complete"] else found["cursor"]
        return Page([key["name"] for key in found["keys"]], rest)

    async def copy(self, key: dict[str, Any]) -> None:
        both = await self.env.SHOP.getWithMetadata(key["name"])
        if both.value is None:
            return
        options = {"metadata": both.metadata}
        if "expiration" in key and key["expiration"] > time.time() + 90:
            options["expiration"] = key["expiration"]
        await self.env.SHOP.put("v2:" + key["name"], both.value, options)
