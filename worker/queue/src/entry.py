"""The task queue of the queue migration guide, as one Worker: webhooks in, leased tasks out.

This Worker is the patient of a rehearsal. It does what is documented of the original, the TypeScript Worker
that the guide was written for, known weaknesses included: lost updates of the pending list, first pages taken
for whole listings, a migration that reports success while it strands tasks. They are kept on purpose; do not
mend them here. Codes such as H10 name the hazards that a rehearsal looks for. What is better is beside it and
chosen by variables: the dual format, careful claims, the safe migration.
"""

from taskqueue import router
from taskqueue.coordinator import TaskCoordinator
from taskqueue.requests.limiter import RequestCounter
from workers import Request, Response, WorkerEntrypoint

__all__ = ["Default", "RequestCounter", "TaskCoordinator"]


class Default(WorkerEntrypoint):
    async def fetch(self, request: Request) -> Response:
        reply = await router.respond(request, self.env)
        return Response(reply.body, status=reply.status, headers=reply.headers)
