"""A legacy keyspace by its nouns: tasks, retention, leases, queues.

The layout is stated here a second time on purpose: a judge that took it from the services would agree with
whatever they do.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from harness.migrations.redis.keyspace.snapshot import Snapshot
from worker.codeq import DocumentError
from worker.codeq.documents import Task

PREFIX = "legacy:"
TASKS, TTL, LEASE, QUEUE = f"{PREFIX}tasks", f"{PREFIX}tasks:ttl", f"{PREFIX}lease:", f"{PREFIX}q:"
PENDING, INPROG = "pending", "inprog"
FINISHED = ("COMPLETED", "FAILED")


@dataclass(frozen=True)
class State:
    """A view on a snapshot of the keys under ``prefix``: what either keyspace has under the same names."""

    snapshot: Snapshot
    prefix: ClassVar[str]

    @cached_property
    def tasks(self) -> dict[str, str]:
        value: dict[str, str] = self.snapshot.get(f"{self.prefix}tasks", {})
        return value

    @cached_property
    def parsed(self) -> dict[str, Task]:
        """The tasks that codeQ can read, by the id that they are stored under."""
        return {task_id: task for task_id, text in self.tasks.items() if (task := parse(text)) is not None}

    @cached_property
    def scores(self) -> dict[str, float]:
        return {one: float(score) for one, score in self.snapshot.get(f"{self.prefix}tasks:ttl", {}).items()}

    @cached_property
    def leases(self) -> dict[str, tuple[str, int]]:
        """Id → worker and remaining milliseconds."""
        named = f"{self.prefix}lease:"
        return {
            key.removeprefix(named): (entry.value, entry.pttl)
            for key, entry in self.snapshot.entries.items()
            if key.startswith(named) and entry.type == "string"
        }


class LegacyState(State):
    """``legacy:``. Commands are as the keys write them."""

    prefix = PREFIX

    @cached_property
    def queues(self) -> dict[str, dict[str, list[str]]]:
        """Command → part (pending, inprog) → ids from left to right."""
        found: dict[str, dict[str, list[str]]] = {}
        for key, entry in self.snapshot.entries.items():
            command, part = queue_of(key)
            if command and entry.type == "list":
                found.setdefault(command, {})[part] = entry.value
        return found

    def newest_ms(self, until: int) -> int:
        """When the newest task was written, or ``until`` if no task says; what is later does not count."""
        moments = [
            moment.seconds * 1000 + moment.nanoseconds // 1_000_000
            for task in self.parsed.values()
            for moment in (task.created_at, task.updated_at)
        ]
        return max((moment for moment in moments if 0 < moment <= until), default=until)

    def ids(self, part: str) -> list[str]:
        """Every id in that part of any queue, repeated as often as it is there."""
        return [task_id for queue in self.queues.values() for task_id in queue.get(part, [])]


def queue_of(key: str) -> tuple[str, str]:
    """Command and part of a queue's key; empty texts for any other key."""
    command, _, part = key.removeprefix(QUEUE).rpartition(":")
    if key.startswith(QUEUE) and command and part in (PENDING, INPROG):
        return command, part
    return "", ""


def expected_type(key: str) -> str | None:
    if key in (TASKS, TTL):
        return "hash" if key == TASKS else "zset"
    if key.startswith(LEASE) and key != LEASE:
        return "string"
    return "list" if queue_of(key)[0] else None


def parse(text: str) -> Task | None:
    """The task as codeQ reads it, or None where it cannot."""
    try:
        return Task.parse(text)
    except DocumentError:
        return None
