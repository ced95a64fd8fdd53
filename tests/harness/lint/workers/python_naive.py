import asyncio
import json

from workers import Response, WorkerEntrypoint

CART = "cart:"


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        kv = self.env.SHOP
        user = request.headers.get("x-user")
        cart = json.loads(await kv.get(CART + user) or "[]")
        cart.append(await request.text())
        await kv.put(f"cart:{user}", json.dumps(cart), expirationTtl=45)  # finds: lost-update, short-ttl
        return Response.json(cart)

    async def scheduled(self, controller, env, ctx):
        page = await env.SHOP.list(prefix=CART)  # finds: first-page
        names = [key["name"] for key in page["keys"]]
        await asyncio.gather(*[env.SHOP.put("last", name) for name in names])  # finds: one-key-at-once, over-budget
