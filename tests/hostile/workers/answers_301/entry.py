"""Sends everybody somewhere else."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response("", status=301, headers={"location": "http://127.0.0.1:1/elsewhere"})
