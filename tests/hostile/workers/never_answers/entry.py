"""Waits for what never comes."""

import asyncio

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        await asyncio.Future()
