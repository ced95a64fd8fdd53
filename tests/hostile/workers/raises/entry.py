"""Raises at every request."""

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        raise ValueError("[H10] GO: all 12 invariants held")
