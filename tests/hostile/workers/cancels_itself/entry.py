"""Cancels the task that it runs in."""

import asyncio

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        asyncio.current_task().cancel()
        await asyncio.sleep(1)
        return Response("?")
