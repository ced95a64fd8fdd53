"""Every member of its answers is of another type than the guide has it."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        return Response.json(
            {
                "success": True,
                "done": "yes",
                "needsMigration": 0,
                "taskId": {"id": ["slack_000"]},
                "eventId": 5,
                "lease": {"claimNonce": {"unhashable": []}, "expiresAt": [], "claimedAt": 10**30},
                "pending": [["slack_000"], {"slack_001": None}, 5, True, "slack_000", "slack_000"],
                "count": "3",
                "tasks": {"migrated": "7", "failed": -1.5, "errors": {"a": 1}},
                "leases": [],
                "totalMigrated": 10**400,
                "totalFailed": True,
                "errors": [[], {}, None],
                "message": ["hello"],
                "retryAfter": 1e300,
                "remaining": -5,
                "deleted": "all",
                "status": {"oldTaskCount": None, "newTaskCount": [1]},
            }
        )
