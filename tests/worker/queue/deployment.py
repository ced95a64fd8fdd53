"""The queue Worker over a store whose clock both of them share, with faults and limits at will."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx

import worker
from kvstore import Entry, Journal, KVNamespace, ManualClock, SeededEntropy, SqliteStore, Store
from kvstore.clock import iso
from kvstore.faults import Fault, InvocationCrashed
from kvstore.layers.invocation import Invocations
from kvstore.layers.transit import OneFault, Transit
from worker.runtime import Platform, Worker, create_app, load_worker

NOW = 1_790_000_000_000
RUN, STATUS, ROLLBACK = "/api/migrate/run", "/api/migrate/status", "/api/migrate/rollback"
PENDING = "orchestrator:pending"
OLD, NEW = "orchestrator:queue:", "queue:task:"
OLD_LEASE, NEW_LEASE = "orchestrator:lease:", "queue:lease:"
QUARANTINE = "queue:quarantine:"
# What the guide shows of a run with its sample: five tasks in the old format, two of them held.
GUIDES_RUN = {
    "success": True,
    "message": "Migration completed successfully",
    "tasks": {"migrated": 5, "failed": 0, "errors": []},
    "leases": {"migrated": 2, "failed": 0, "errors": []},
    "totalMigrated": 7,
    "totalFailed": 0,
    "errors": [],
}
CLOCK = ManualClock(NOW)


@cache
def code() -> Worker:
    """The Worker, loaded once; CLOCK is its time."""
    folder = Path(worker.__file__).parent / "queue"
    return load_worker(folder, {}, platform=Platform(CLOCK, SeededEntropy(1)))


def in_seconds(seconds: int) -> int:
    return NOW // 1000 + seconds


@dataclass
class Deployment:
    """``store`` holds the truth; ``layer`` is what the Worker gets to see of it."""

    store: SqliteStore = field(default_factory=lambda: SqliteStore.in_memory(CLOCK))
    layer: Store | None = None
    invocations: Invocations = field(default_factory=Invocations)

    def __post_init__(self) -> None:
        CLOCK.set(NOW)
        self.journal = Journal(self.layer or self.store)
        self.transit = Transit(self.journal, OneFault(), self.invocations)
        self.kv = KVNamespace(self.transit)

    def client(self, **variables: object) -> httpx.AsyncClient:
        """The Worker over HTTP: dual format, safe migration, no waiting; ``variables`` change that."""
        usual = {
            "CACHE": self.kv,
            "QUEUE_API_KEY": "key",
            "QUEUE_FORMAT": "dual",
            "MIGRATION": "safe",
            "MIGRATION_VERIFY_AFTER": "0",
        }
        app = create_app(code().with_bindings({**usual, **variables}))
        transport = httpx.ASGITransport(app=app)
        return httpx.AsyncClient(
            transport=transport, base_url="http://queue.test", headers={"X-API-Key": "key"}
        )

    async def keys(self, prefix: str = "") -> list[str]:
        """What a store holds under ``prefix``, without the rate limiter's keys."""
        names = list(await self.store.entries())
        return [name for name in names if name.startswith(prefix) and not name.startswith("ratelimit:")]

    async def put(self, entries: dict[str, str | bytes | Entry]) -> None:
        await self.store.put_many({key: _entry(value) for key, value in entries.items()})

    async def finish(self, client: httpx.AsyncClient, path: str = RUN, most: int = 60) -> list[Any]:
        """Call until ``done``, five seconds apart; the answers."""
        answers: list[Any] = []
        while not answers or answers[-1].get("done") is not True:
            assert len(answers) < most, answers[-1]
            answers.append((await client.post(path)).json())
            CLOCK.advance(5000)
        return answers

    async def meet(self, fault: Fault, client: httpx.AsyncClient, path: str = RUN) -> bool:
        """Call once with ``fault`` armed; whether it happened."""
        plan = OneFault(fault)
        self.transit.follow(plan)
        try:
            await client.post(path)
        except InvocationCrashed:
            return True
        finally:
            self.transit.follow(OneFault())
        return plan.fired


def _entry(value: str | bytes | Entry) -> Entry:
    if isinstance(value, Entry):
        return value
    return Entry(value.encode() if isinstance(value, str) else value, in_seconds(3600))


def tasks(ids: Sequence[str], prefix: str = OLD) -> dict[str, str | bytes | Entry]:
    return {prefix + id: f'{{"id": "{id}", "queuedAt": "2026-01-01T00:00:00.000Z"}}' for id in ids}


def lease(worker_id: str, seconds: int) -> Entry:
    """A lease that lasts, by its key and by ``expiresAt``."""
    end = iso(NOW + 1000 * seconds)
    text = f'{{"workerId":"{worker_id}","claimNonce":"{worker_id}:0:a","expiresAt":"{end}"}}'
    return Entry(text.encode(), in_seconds(max(seconds, 60)))


def busy() -> dict[str, str | bytes | Entry]:
    """Six tasks: one permanent, one with metadata, one corrupt, one an orphan; two leases; an odd list."""
    return {
        **tasks(["a", "b", "orphan"]),
        OLD + "for-ever": Entry(b'{"id":"for-ever"}'),
        OLD + "described": Entry(b'{"n": 9007199254740993}', in_seconds(1000), '{"by":"w"}'),
        OLD + "corrupt": Entry(b"{oops \xff", in_seconds(2000), '{"k":1}'),
        OLD_LEASE + "a": lease("w1", 300),
        OLD_LEASE + "b": lease("w2", 500),
        PENDING: Entry(b'["a","b","b","gone",5,null,"for-ever","described","corrupt"]', in_seconds(3600)),
        "orchestrator:result:other": "{}",
        "unrelated": b"\x00\xff",
    }


def migrated(before: dict[str, Entry]) -> dict[str, Entry]:
    """What must be there in the end."""
    renamed = {OLD + "corrupt": QUARANTINE + "corrupt"}
    after = {}
    for key, entry in before.items():
        name = renamed.get(key) or key.replace(OLD, NEW).replace(OLD_LEASE, NEW_LEASE)
        after[name] = entry
    after.pop(PENDING, None)
    return dict(sorted(after.items()))
