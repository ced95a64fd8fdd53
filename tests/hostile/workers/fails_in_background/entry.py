"""Fails after each answer."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        self.ctx.waitUntil(self.fail())
        return Response("Not found", status=404)

    async def fail(self):
        raise ValueError("nobody waits for this")
