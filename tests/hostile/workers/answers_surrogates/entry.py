"""Names tasks that UTF-8 has no bytes for."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response('{"success": true, "taskId": "\\ud800", "eventId": "\\udfff", "pending": ["\\ud800"], "count": 1}')
