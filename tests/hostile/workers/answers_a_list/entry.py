"""Answers with JSON that is no object."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("[1, [2, {}], null]")
