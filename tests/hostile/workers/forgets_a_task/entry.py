"""Leaves a task behind that fails."""

import asyncio

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        asyncio.ensure_future(self.fail())
        return Response("Not found", status=404)

    async def fail(self):
        raise ValueError("nobody waits for this")
