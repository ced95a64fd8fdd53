"""A legacy keyspace to rehearse on, as the scheduler would have left it."""

from dataclasses import dataclass
from uuid import UUID

from harness.migrations.codeq import legacy_state as legacy
from harness.migrations.redis.keyspace.snapshot import Entry, Snapshot
from kvstore.clock import Clock
from kvstore.entropy import Entropy
from worker.codeq.documents import Task, Timeline
from worker.codeq.settings import RETENTION_SECONDS, SAO_PAULO

COMMANDS = ("GENERATE_MASTER", "GENERATE_CREATIVE", "GENERATE_PREVIEW")
WORKERS = ("worker-1", "worker-2", "worker-3")
LEASE_SECONDS = 300


@dataclass(frozen=True)
class Shape:
    """How many tasks, over the three commands; of ten, one is in progress and one finished."""

    tasks: int = 200
    lease_seconds: int = LEASE_SECONDS


def seed(shape: Shape, clock: Clock, entropy: Entropy) -> Snapshot:
    """A keyspace as of ``clock``, without defects.

    It has every state that the scheduler knows, a few priorities and webhooks.
    """
    timeline = Timeline(clock, SAO_PAULO)
    texts: dict[str, str] = {}
    queues: dict[str, list[str]] = {}
    entries: dict[str, Entry] = {}
    for number in range(shape.tasks):
        task = _task(number, shape, timeline, entropy)
        command = task.command.lower()
        if task.status == "IN_PROGRESS":
            queues.setdefault(f"{legacy.QUEUE}{command}:{legacy.INPROG}", []).insert(0, task.id)
            lease = Entry("string", task.worker_id, shape.lease_seconds * 1000)
            entries[f"{legacy.LEASE}{task.id}"] = lease
        elif task.status == "PENDING":
            queues.setdefault(f"{legacy.QUEUE}{command}:{legacy.PENDING}", []).insert(0, task.id)
        texts[task.id] = task.text()
    if texts:
        entries[legacy.TASKS] = Entry("hash", texts)
        scores = {one: str(timeline.epoch() + RETENTION_SECONDS - n) for n, one in enumerate(reversed(texts))}
        entries[legacy.TTL] = Entry("zset", scores)
    entries |= {key: Entry("list", ids) for key, ids in queues.items()}
    return Snapshot(legacy.PREFIX, entries, clock.now_ms())


def _task(number: int, shape: Shape, timeline: Timeline, entropy: Entropy) -> Task:
    now = timeline.now()
    task = Task(
        id=str(UUID(bytes=entropy.token(16), version=4)),
        command=COMMANDS[number % len(COMMANDS)],
        payload=f'{{"n":{number}}}',
        status="PENDING",
        created_at=now,
        updated_at=now,
        priority=5 if number % 25 == 7 else 0,
        webhook="https://example.test/done" if number % 40 == 3 else "",
    )
    if number % 10 == 1:
        task.status = "IN_PROGRESS"
        task.worker_id = WORKERS[number // 10 % len(WORKERS)]
        task.lease_until = timeline.lease_until(shape.lease_seconds)
    elif number % 10 == 2:
        task.status = "COMPLETED"
    return task
