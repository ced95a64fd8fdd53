"""Raises several errors at once."""

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        raise ExceptionGroup("several", [ValueError("one"), BaseExceptionGroup("", [KeyError("two")])])
