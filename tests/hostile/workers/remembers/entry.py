"""Answers by what its module remembers of earlier requests."""

from workers import Response, WorkerEntrypoint

seen = []


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        seen.append(request.url)
        return Response.json({"success": len(seen) % 2 == 0, "needsMigration": len(seen) % 3 == 0, "pending": seen[-3:]})
