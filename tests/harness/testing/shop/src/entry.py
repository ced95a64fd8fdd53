"""A Worker with a bit of everything that the fixtures are about."""

import asyncio
import time
from datetime import datetime
from urllib.parse import urlparse

import httpx
from workers import DurableObject, Response, WorkerEntrypoint, fetch


class Counter(DurableObject):
    async def add(self):
        count = (await self.ctx.storage.get("count") or 0) + 1
        await self.ctx.storage.put("count", count)
        await self.ctx.storage.setAlarm(int(time.time() * 1000) + 30_000)
        return count

    async def alarm(self):
        await self.env.NOTES.put("alarm", "rang")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = urlparse(request.url).path[1:]
        if request.method == "PUT":
            print("putting", name)
            await self.env.NOTES.put(name, await request.text(), expirationTtl=60)
            self.ctx.waitUntil(self.later(name))
            return Response(None, status=204)
        if name == "count":
            counter = self.env.COUNTER.get(self.env.COUNTER.idFromName("all"))
            return Response(str(await counter.add()))
        if name == "sql":
            await self.env.DB.prepare("INSERT INTO t VALUES (1)").run()
            return Response(str(await self.env.DB.prepare("SELECT count(*) AS n FROM t").first("n")))
        if name == "outside":
            answer = await fetch("https://api.example.com/x", method="POST", body="asked")
            return Response.json(await answer.json())
        if name == "client":
            async with httpx.AsyncClient(trust_env=False) as client:
                return Response((await client.get(await self.env.NOTES.get("url"))).text)
        if name == "time":
            await asyncio.sleep(5)
            return Response(datetime.now().isoformat(), headers={"x-time": str(time.time())})
        if name == "list":
            return Response.json((await self.env.NOTES.list()).get("cursor"))
        if name == "json":
            return Response.json(await request.json(), status=201)
        value = await self.env.NOTES.get(name)
        return Response("none", status=404) if value is None else Response(value)

    async def later(self, name):
        if name == "bad":
            raise ValueError("later")
        await asyncio.sleep(10)
        await self.env.NOTES.put("last", name)

    async def scheduled(self, controller, env, ctx):
        await env.NOTES.put("swept", f"{controller.cron} {controller.scheduledTime}")
