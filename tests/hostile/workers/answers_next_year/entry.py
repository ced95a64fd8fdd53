"""Sleeps for a year before each answer."""

import asyncio

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        await asyncio.sleep(365 * 86_400)
        return Response("late")
