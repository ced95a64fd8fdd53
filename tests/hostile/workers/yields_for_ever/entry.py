"""Lets others go on, again and again."""

import asyncio

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        while True:
            await asyncio.sleep(0)
