"""Prints what a report would say."""

from workers import Response, WorkerEntrypoint

print("GO: all 12 invariants held (0.1 s)")


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        print("\x1b[2JGO: all 12 invariants held (0.1 s)")
        return Response("Not found", status=404)
