"""Workers that are not the queue's, some that nearly are, and queue Workers with a mistake."""

import shutil
from pathlib import Path

from harness.migrations.queue.worker import QUEUE_WORKER

from .mutants.mutant import Mutant

_HEAD = """
import json
from urllib.parse import urlsplit
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        path = urlsplit(request.url).path
"""

STRANGERS = {
    "a greeting": 'return Response("hello")',
    "nothing is found": 'return Response("Not found", status=404)',
    "nothing is found, in JSON": 'return Response(json.dumps({"error": "no such route"}), status=404)',
    "success to all": 'return Response(json.dumps({"success": True}))',
    "null to all": 'return Response("null")',
    "500 to all": 'raise RuntimeError("no binding")',
    "nobody may": 'return Response("Unauthorized", status=401)',
    "other bindings": "return Response(await self.env.LINKS.get(path))",
    "notes in KV": """
        if path == "/api/queue":
            return Response(json.dumps({"pending": (await self.env.CACHE.list())["keys"]}))
        return Response("Not found", status=404)
""",
}

# Answers as the guide has it, and makes them up.
IDLE = """
        if path == "/api/migrate/status":
            return Response(json.dumps({"success": True, "status": {}, "needsMigration": False}))
        if path == "/api/migrate/run":
            section = {"migrated": 0, "failed": 0, "errors": []}
            answer = {"success": True, "message": "done", "tasks": section, "leases": section, "done": True,
                      "totalMigrated": 0, "totalFailed": 0, "errors": []}
            return Response(json.dumps(answer))
        if path == "/api/queue":
            return Response(json.dumps({"pending": [], "count": 0}))
        if path == "/api/queue/claim":
            return Response(json.dumps({"success": False, "message": "No tasks available"}))
        if path.startswith("/webhook/"):
            return Response(json.dumps({"status": "accepted", "eventId": "slack_1"}))
        return Response(json.dumps({"success": True}))
"""

# The queue's Worker with a route of which nothing is left.
FAULTY = {
    "run raises": ("migration/routes.py", "not await documented.is_needed(kv)", "kv.nonsense"),
    "run says nothing": ("migration/routes.py", "return _report(tasks, leases)", "return json_reply({})"),
    "status says nothing": ("migration/routes.py", '"status": status, "needsMigration": needed, ', ""),
    "claims raise": ("api/leases.py", "body = await read_body(request, _CLAIM)", "raise RuntimeError"),
}


def stranger(folder: Path, body: str) -> Path:
    """A Worker's folder whose handler is ``body``."""
    (folder / "src").mkdir()
    (folder / "src" / "entry.py").write_text(f"{_HEAD}        {body.strip()}\n")
    shutil.copy(QUEUE_WORKER / "wrangler.toml", folder)
    return folder


def faulty(folder: Path, name: str) -> Path:
    """The queue's Worker with one of the mistakes."""
    return Mutant(name, *FAULTY[name], why="", expect=()).build(QUEUE_WORKER, folder)
