"""Answers with more than anybody reads."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("x" * 100_000_000)
