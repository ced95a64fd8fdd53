"""Notes in Workers KV: PUT /name keeps a text for a day, GET /name shows it, GET / lists the names."""

from urllib.parse import unquote, urlparse

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        name = unquote(urlparse(request.url).path[1:])
        if request.method == "PUT":
            await self.env.NOTES.put(name, await request.text(), expirationTtl=86400)
            self.ctx.waitUntil(self.env.NOTES.put("last", name))
            return Response(f"kept {name}", status=201)
        if not name:
            page = await self.env.NOTES.list()
            return Response.json([key["name"] for key in page["keys"]])
        text = await self.env.NOTES.get(name)
        return Response("no such note", status=404) if text is None else Response(text)

    async def scheduled(self, controller, env, ctx):
        await env.NOTES.put("swept", str(controller.scheduledTime))
