"""Asks KV again and again, and never answers."""

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        while True:
            await self.env.CACHE.get("orchestrator:pending")
