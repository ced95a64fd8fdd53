"""Requests made by hand, in the guide's order, on the guide's sample: what was answered."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from harness import Call
from harness.migrations.queue.promises.situations import STRATEGIES
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.simulation.scenario import Migration
from harness.migrations.queue.walk.client import API_KEY, DirectClient
from harness.migrations.queue.walk.stage import Stage
from harness.transport import Answer
from kvstore import Clock, Entry, KVNamespace, SqliteStore

TASKS: Final = 5
LEASES: Final = 2
ADMIN_KEY: Final = "rehearsal-admin-key"
ENDPOINTS: Final = (
    ("GET", "/api/migrate/status"),
    ("POST", "/api/migrate/run"),
    ("POST", "/api/migrate/rollback"),
)
CLAIM: Final = {"workerId": "test-worker", "leaseDurationSec": 300}
# The body of the guide's own integration test.
MESSAGE: Final = {"event": {"text": "test"}}
# A safe run is called until it is done; it needs a few calls for a few tasks.
_MOST_CALLS: Final = 20


class ManualRequests:
    """Asks a Worker that is deployed for the requests of one promise, over a namespace of its own.

    ``migrating`` is the format of the Worker that is there when the migration runs.
    """

    def __init__(self, worker: Path, migration: Migration, clock: Clock) -> None:
        self.migration = migration
        self.migrating = "dual" if STRATEGIES[migration] == "zero-downtime" else "old"
        self._worker = worker
        self._clock = clock
        self._code = Stage(SqliteStore.in_memory(clock), worker=worker).code

    @property
    def code(self) -> Any:
        """The Worker without bindings."""
        return self._code

    def sample(self) -> dict[str, Entry]:
        """What the guide's own figures are about: five tasks, two of them held."""
        return populate(self._clock.now_ms() // 1000, TASKS, LEASES, ())

    async def over(self, entries: Mapping[str, Entry]) -> Stage:
        """A stage with these entries and nothing deployed, without limits."""
        store = SqliteStore.in_memory(self._clock)
        await store.put_many(entries)
        return Stage(store, code=self._code, worker=self._worker)

    async def migrate(self, stage: Stage) -> list[Call]:
        """Run until the answer says that nothing is left to do."""
        stage.deploy(self.migrating, self.migration)
        runs = []
        for _ in range(_MOST_CALLS):
            runs.append(await stage.request("run", "POST", "/api/migrate/run"))
            if self.migration == "documented" or runs[-1].member("done") is True:
                break
        return runs

    async def walk(self) -> dict[str, Call]:
        """The guide's steps, and what a Worker for another format answers after them."""
        stage = await self.over(self.sample())
        stage.deploy(self.migrating, self.migration)
        found = {"status": await stage.request("status", "GET", "/api/migrate/status")}
        runs = await self.migrate(stage)
        found |= {"run": runs[0], "last run": runs[-1]}
        found["not needed"] = await stage.request("not needed", "POST", "/api/migrate/run")
        for name, queue_format in (("migrating", self.migrating), ("old", "old"), ("new", "new")):
            stage.deploy(queue_format, self.migration)
            found[f"queue, {name}"] = await stage.request("queue", "GET", "/api/queue")
            found[f"claim, {name}"] = await stage.request("claim", "POST", "/api/queue/claim", CLAIM)
        stage.deploy(self.migrating, self.migration)
        found["rollback"] = await stage.request("rollback", "POST", "/api/migrate/rollback")
        return found

    async def keys(self) -> dict[str, list[int]]:
        """Statuses of the three endpoints for: no key, another key, QUEUE_API_KEY, ADMIN_API_KEY."""
        offered = {"none": None, "another": "another", "QUEUE_API_KEY": API_KEY, "ADMIN_API_KEY": ADMIN_KEY}
        return {
            name: [(await self._answer(key, *endpoint)).status for endpoint in ENDPOINTS]
            for name, key in offered.items()
        }

    async def _answer(self, key: str | None, method: str, path: str) -> Answer:
        variables = {"QUEUE_FORMAT": self.migrating, "MIGRATION": self.migration}
        keys = {"QUEUE_API_KEY": API_KEY, "ADMIN_API_KEY": ADMIN_KEY}
        deployed = self._code.with_bindings(
            {"CACHE": KVNamespace(SqliteStore.in_memory(self._clock)), **variables, **keys}
        )
        return await DirectClient(deployed, key).send(method, path)

    async def one_way(self) -> dict[str, Call]:
        """The new format over a namespace that has not been migrated, and the old one over the same."""
        stage = await self.over(self.sample())
        found = {}
        for queue_format in ("old", "new"):
            stage.deploy(queue_format, self.migration)
            found[queue_format] = await stage.request("queue", "GET", "/api/queue")
        return found

    async def integration(self) -> list[Call]:
        """The five commands of the guide's integration test, to the Worker that migrates."""
        stage = await self.over({})
        stage.deploy(self.migrating, self.migration)
        steps = [
            await stage.request("message", "POST", "/webhook/slack", MESSAGE),
            await stage.request("queue", "GET", "/api/queue"),
        ]
        runs = await self.migrate(stage)
        return [
            *steps,
            runs[-1],
            await stage.request("queue", "GET", "/api/queue"),
            await stage.request("claim", "POST", "/api/queue/claim", {"workerId": "test"}),
        ]

    async def message(self) -> tuple[Call, list[str]]:
        """The guide's Slack message to the old Worker: the answer, and the keys that are there then."""
        stage = await self.over({})
        stage.deploy("old", self.migration)
        answer = await stage.request("message", "POST", "/webhook/slack", MESSAGE)
        return answer, list((await stage.state()).entries)

    async def longest_lease(self) -> int:
        """How many seconds the longest lease lasts that the new Worker gives out."""
        stage = await self.over(self.sample())
        stage.deploy("dual" if self.migration == "safe" else "old", self.migration)
        for seconds in (86_400, 3600, 600, 300):
            claim = await stage.request("claim", "POST", "/api/queue/claim", {"leaseDurationSec": seconds})
            if claim.member("success") is True:
                return seconds
        return 0
