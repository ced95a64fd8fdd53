"""What a test sends to a Worker: the verbs of HTTP, plain or to be awaited."""

from collections.abc import Coroutine, Mapping
from typing import Any, Final

import httpx

from harness.system.verbs import Verbs
from harness.testing.answer import Answer
from harness.testing.deployed import ORIGIN, Deployed
from kvstore.conditions import COLOS

HERE: Final = COLOS[0]
Body = str | bytes


class _Client:
    """A Worker that is deployed for one test.

    ``logs`` are the lines that it printed, ``errors`` what its handlers raised, and ``background_errors``
    what was raised by the work that it left to ``waitUntil``.
    """

    def __init__(self, deployed: Deployed) -> None:
        self._deployed = deployed
        self.logs = deployed.logs
        self.errors = deployed.errors
        self.background_errors = deployed.background_errors

    def _sent(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        json: Any = None,
        data: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        colo: str = HERE,
    ) -> Coroutine[Any, Any, Answer]:
        url = path if "://" in path else ORIGIN + path
        asked = httpx.Request(
            method, url, params=params, headers=headers, content=body, data=_dict(data), json=json
        )
        lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in asked.headers.raw]
        return self._deployed.send(colo, asked.method, str(asked.url), lines, asked.content)


def _dict(data: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if data is None else dict(data)


class Client(_Client, Verbs[Answer]):
    """``worker.put("/b", body="milk")`` gives the `Answer`, once the Worker's background work is done.

    A request takes ``body`` (text or bytes), ``json`` or ``data`` (a form), ``params``, ``headers``, and
    ``colo``, the location that it comes to.
    """

    def request(self, method: str, path: str, **given: Any) -> Answer:
        return self._deployed.complete(self._sent(method, path, **given))

    def scheduled(self, cron: str = "") -> None:
        """Run the scheduled handler with all its background work. Raises what it raises."""
        self._deployed.complete(self._deployed.schedule(cron))


class AsyncClient(_Client, Verbs[Coroutine[Any, Any, Answer]]):
    """The same to be awaited; requests that are gathered are under way at the same time."""

    async def request(self, method: str, path: str, **given: Any) -> Answer:
        return await self._deployed.beside(self._sent(method, path, **given))

    async def scheduled(self, cron: str = "") -> None:
        await self._deployed.beside(self._deployed.schedule(cron))
