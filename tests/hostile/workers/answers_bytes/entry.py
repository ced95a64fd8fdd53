"""Answers with bytes that are no UTF-8, said to be JSON in another encoding."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response(b'{"taskId": "\xff\xfe\x00", "pending": ["\xc3"]}', headers={"content-type": "application/json; charset=utf-16"})
