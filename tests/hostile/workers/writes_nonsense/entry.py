"""Writes leases and tasks that nobody can read, at every request."""

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        kv = self.env.CACHE
        await kv.put("orchestrator:pending", "[[[{}]]]")
        await kv.put("queue:task:slack_000", "[" * 5000 + "]" * 5000)
        await kv.put("queue:lease:slack_000", '{"workerId": [], "claimNonce": {}, "expiresAt": ["0001-01-01T00:00:00"]}')
        await kv.put("orchestrator:lease:slack_001", '{"workerId": 5, "expiresAt": "0001-01-01T00:00:00"}')
        await kv.put("orchestrator:result:slack_001", b"\xff")
        return Response.json({"success": True, "taskId": "slack_000", "lease": {"claimNonce": [], "expiresAt": 5}})
