"""Says that its text is compressed."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("{}", headers={"content-encoding": "gzip", "content-length": "7"})
