"""Gives null, or a list of nulls, for every member of the guide's answers."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        names = ("success", "done", "message", "needsMigration", "tasks", "leases", "totalMigrated", "status")
        lists = {"pending": [None, [], {}], "errors": [None], "count": None, "taskId": None, "lease": None}
        return Response.json({**dict.fromkeys(names), **lists})
