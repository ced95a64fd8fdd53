"""Its handler is in a class of another name."""

from workers import Response, WorkerEntrypoint


class Worker(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("never")
