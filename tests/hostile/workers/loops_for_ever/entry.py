"""Never lets anybody else go on."""

from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        while True:
            pass
