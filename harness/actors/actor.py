"""Somebody who sends requests from one location, one at a time: what a declared function is given."""

from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

from harness.engine.chance import Chance
from harness.model.record import Call, Role
from harness.system.verbs import Verbs
from harness.world.site import Reply, Site
from harness.world.world import World
from kvstore import KVNamespace
from kvstore.conditions import COLOS
from worker.d1 import D1Database


class Sender:
    """``name`` in a location, who sends one request at a time.

    What an actor does by chance depends on the name alone, so that it stays the same without the others.
    """

    def __init__(self, world: Site, name: str, role: Role = "operator", colo: str | None = None) -> None:
        self.world = world
        self.name = name
        self.role: Role = role
        self.chance = Chance(world.scenario.seed, name)
        self.colo = colo or COLOS[self.chance.below(world.scenario.colos)]
        self.sent = 0

    def call(self, method: str, path: str, step: str = "", body: Any = None) -> Call:
        """The next request, about to be sent."""
        self.sent += 1
        return Call(
            f"{self.name}.{self.sent}",
            self.name,
            self.colo,
            step,
            method,
            path,
            body,
            self.world.clock.now_ms(),
            len(self.world.writes),
            role=self.role,
        )

    def pause(self, least: float, most: float) -> Awaitable[None]:
        """Wait some seconds between ``least`` and ``most``."""
        return self.world.clock.pause(self.chance.between(round(1000 * least), round(1000 * most)))


class Actor(Sender, Verbs[Coroutine[Any, Any, Reply]]):
    """What a declared function is given."""

    world: World

    def __init__(self, world: World, name: str, role: Role, colo: str | None = None) -> None:
        super().__init__(world, name, role, colo)
        self.last: Call | None = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Send a request and wait for its answer."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        if given:
            path += ("&" if "?" in path else "?") + urlencode(given)
        self.last = call = self.call(method, path, body=json)
        return await self.world.send(call, _content(json, body), dict(headers or {}))

    async def scheduled(self, cron: str = "* * * * *") -> Reply:
        """Fire a cron trigger and wait until its handler is done: 200, or 500 where it throws."""
        self.last = call = self.call("CRON", cron)
        return await self.world.trigger(call)

    async def wait(self, seconds: float) -> None:
        """Let so much time pass; it is simulated."""
        await self.world.clock.sleep(seconds)

    def kv(self, binding: str | None = None) -> KVNamespace:
        """A namespace as this location sees it, for who works on it without a Worker."""
        return self.world.locations[self.colo][binding or self.world.migration.binding].namespace

    def db(self, binding: str | None = None) -> D1Database:
        """A D1 database as this location sees it, for who works on it without a Worker."""
        return self.world.databases.binding(binding or self.world.migration.database, self.colo)


def _content(document: Any, body: str | bytes | None) -> tuple[bytes, str | None]:
    """The content of a request, and its type."""
    import json

    if document is not None:
        return json.dumps(document).encode(), "application/json"
    if body is None:
        return b"", None
    return (body.encode(), "text/plain;charset=UTF-8") if isinstance(body, str) else (body, None)
