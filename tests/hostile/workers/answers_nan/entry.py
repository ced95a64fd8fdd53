"""Answers with what Python writes and no JSON has."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response('{"success": true, "count": NaN, "pending": [Infinity]}')
