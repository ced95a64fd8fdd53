"""Answers as the queue would, and never asks KV."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        if "migrate" in request.url:
            return Response.json({"success": True, "message": "No migration needed", "needsMigration": False})
        return Response.json({"success": False, "message": "No tasks available", "pending": [], "count": 0})
