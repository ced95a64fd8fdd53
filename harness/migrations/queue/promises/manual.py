"""Requests made by hand, in the guide's order, on the guide's sample: what was answered."""

from collections.abc import Mapping
from typing import Any, Final

from harness import Call
from harness.migrations.queue.promises.situations import STRATEGIES
from harness.migrations.queue.rehearsal.by_hand import ByHand
from harness.migrations.queue.simulation.population import populate
from harness.migrations.queue.simulation.scenario import Migration
from harness.migrations.queue.worker import API_KEY, QueueWorker
from harness.system.code import WorkerCode
from harness.system.transport import Answer, deliver
from kvstore import Clock, Entry, KVNamespace, ManualClock
from kvstore.stores.memory import MemoryStore
from worker.sdk.http.request import Request

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

    def __init__(self, worker: QueueWorker, migration: Migration, clock: Clock) -> None:
        self.migration = migration
        self.migrating = "dual" if STRATEGIES[migration] == "zero-downtime" else "old"
        self._began = clock.now_ms()
        self._code = WorkerCode(worker.folder, without=worker.without)

    @property
    def code(self) -> Any:
        """The Worker without bindings."""
        return self._code.code

    def sample(self) -> dict[str, Entry]:
        """What the guide's own figures are about: five tasks, two of them held."""
        return populate(self._began // 1000, TASKS, LEASES, ())

    def over(self, entries: Mapping[str, Entry]) -> ByHand:
        """A Worker to be deployed over these entries, without limits."""
        return ByHand(self._code, entries, self.migration, self._began)

    async def migrate(self, hand: ByHand) -> list[Call]:
        """Run until the answer says that nothing is left to do."""
        await hand.deploy(self.migrating)
        runs = []
        for _ in range(_MOST_CALLS):
            runs.append(await hand.request("run", "POST", "/api/migrate/run"))
            if self.migration == "documented" or runs[-1].member("done") is True:
                break
        return runs

    async def walk(self) -> dict[str, Call]:
        """The guide's steps, and what a Worker for another format answers after them."""
        hand = self.over(self.sample())
        await hand.deploy(self.migrating)
        found = {"status": await hand.request("status", "GET", "/api/migrate/status")}
        runs = await self.migrate(hand)
        found |= {"run": runs[0], "last run": runs[-1]}
        found["not needed"] = await hand.request("not needed", "POST", "/api/migrate/run")
        for name, queue_format in (("migrating", self.migrating), ("old", "old"), ("new", "new")):
            await hand.deploy(queue_format)
            found[f"queue, {name}"] = await hand.request("queue", "GET", "/api/queue")
            found[f"claim, {name}"] = await hand.request("claim", "POST", "/api/queue/claim", CLAIM)
        await hand.deploy(self.migrating)
        found["rollback"] = await hand.request("rollback", "POST", "/api/migrate/rollback")
        return found

    async def keys(self) -> dict[str, list[int]]:
        """Statuses of the three endpoints for: no key, another key, QUEUE_API_KEY, ADMIN_API_KEY."""
        self.over({})  # begins a simulation, whose clock the Worker has
        offered = {"none": None, "another": "another", "QUEUE_API_KEY": API_KEY, "ADMIN_API_KEY": ADMIN_KEY}
        return {
            name: [(await self._answer(key, *endpoint)).status for endpoint in ENDPOINTS]
            for name, key in offered.items()
        }

    async def _answer(self, key: str | None, method: str, path: str) -> Answer:
        variables = {**self._code.variables, "QUEUE_FORMAT": self.migrating, "MIGRATION": self.migration}
        keys = {"QUEUE_API_KEY": API_KEY, "ADMIN_API_KEY": ADMIN_KEY}
        store = MemoryStore(ManualClock(self._began))
        deployed = self.code.with_bindings({"CACHE": KVNamespace(store), **variables, **keys})
        headers = [] if key is None else [("x-api-key", key)]
        request = Request.from_parts(method, f"https://queue.example{path}", headers, b"")
        return await deliver(deployed, request)

    async def one_way(self) -> dict[str, Call]:
        """The new format over a namespace that has not been migrated, and the old one over the same."""
        hand = self.over(self.sample())
        found = {}
        for queue_format in ("old", "new"):
            await hand.deploy(queue_format)
            found[queue_format] = await hand.request("queue", "GET", "/api/queue")
        return found

    async def integration(self) -> list[Call]:
        """The five commands of the guide's integration test, to the Worker that migrates."""
        hand = self.over({})
        await hand.deploy(self.migrating)
        steps = [
            await hand.request("message", "POST", "/webhook/slack", MESSAGE),
            await hand.request("queue", "GET", "/api/queue"),
        ]
        runs = await self.migrate(hand)
        return [
            *steps,
            runs[-1],
            await hand.request("queue", "GET", "/api/queue"),
            await hand.request("claim", "POST", "/api/queue/claim", {"workerId": "test"}),
        ]

    async def message(self) -> tuple[Call, list[str]]:
        """The guide's Slack message to the old Worker: the answer, and the keys that are there then."""
        hand = self.over({})
        await hand.deploy("old")
        answer = await hand.request("message", "POST", "/webhook/slack", MESSAGE)
        return answer, list((await hand.state()).entries)

    async def longest_lease(self) -> int:
        """How many seconds the longest lease lasts that the new Worker gives out."""
        hand = self.over(self.sample())
        await hand.deploy("dual" if self.migration == "safe" else "old")
        for seconds in (86_400, 3600, 600, 300):
            claim = await hand.request("claim", "POST", "/api/queue/claim", {"leaseDurationSec": seconds})
            if claim.member("success") is True:
                return seconds
        return 0
