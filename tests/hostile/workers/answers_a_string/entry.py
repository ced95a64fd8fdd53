"""Returns no Response."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return "GO: all 12 invariants held"
