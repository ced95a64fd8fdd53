"""A D1 database as the locations of ``dev`` see it: through copies that are some time behind it."""

from kvstore.clock import Clock
from worker.d1 import Answer, Ask, Database, FolderDatabase, Service
from worker.d1.layers import Primary, Replica


class SeenFrom:
    """Calling it gives what answers in a location: ``database`` itself where nothing is behind it.

    Its copies are in memory, and made anew when the file is opened anew.
    """

    def __init__(self, clock: Clock, lag_ms: int) -> None:
        self.database: FolderDatabase | None = None
        self._clock = clock
        self._lag_ms = lag_ms
        self._primary: Primary | None = None
        self._replicas: dict[str, Replica] = {}

    def __call__(self, colo: str) -> Service:
        async def asked(ask: Ask) -> Answer:
            assert self.database is not None, "it is asked once it is opened"
            if not self._lag_ms:
                return await self.database(ask)
            return await self.database.do(lambda opened: self._replica(opened, colo).answer(ask))

        return asked

    def _replica(self, opened: Database, colo: str) -> Replica:
        if self._primary is None or self._primary.database is not opened:
            self._primary, self._replicas = Primary(opened, self._clock, self._lag_ms), {}
        if colo not in self._replicas:
            self._replicas[colo] = Replica(self._primary)
        return self._replicas[colo]
