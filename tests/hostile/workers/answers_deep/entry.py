"""Answers with JSON that is nested deeper than Python reads."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        deep = "[" * 2_000 + "]" * 2_000
        return Response('{"success": true, "taskId": "a", "pending": [' + deep + '], "count": 1, "lease": ' + deep + "}")
