"""Every key that this Worker uses, and how long each lives, in seconds."""

from dataclasses import dataclass
from typing import Final

MAX_BYTES: Final = 512

PENDING: Final = "orchestrator:pending"
RESULT: Final = "orchestrator:result:"
EVENT: Final = "event:"
RATE_LIMIT: Final = "ratelimit:"
QUARANTINE: Final = "queue:quarantine:"
JOURNAL: Final = "migrate:queue:batch:"
DRY_RUN: Final = "migrate:queue:dry-run"

TASK_TTL: Final = 3600
PENDING_TTL: Final = 3600
RESULT_TTL: Final = 3600
EVENT_TTL: Final = 3600
RATE_LIMIT_TTL: Final = 120
LEASE_TTL: Final = 300
LEASE_TTL_MAX: Final = 600
JOURNAL_TTL: Final = 3600
DRY_RUN_TTL: Final = 600
# KV gives no key a shorter life.
LEAST_TTL: Final = 60
# What has less time left than this has too little for a copy: until that arrives, by another clock.
LEAST_LEFT: Final = 90


@dataclass(frozen=True, slots=True)
class Layout:
    """The prefixes of one queue format's tasks and leases."""

    tasks: str
    leases: str

    def task(self, task_id: str) -> str:
        return self.tasks + task_id

    def lease(self, task_id: str) -> str:
        return self.leases + task_id


OLD: Final = Layout(tasks="orchestrator:queue:", leases="orchestrator:lease:")
NEW: Final = Layout(tasks="queue:task:", leases="queue:lease:")


def can_exist(name: str) -> bool:
    """Whether KV takes ``name`` for a key: it has 512 bytes at most."""
    try:
        return len(name.encode()) <= MAX_BYTES
    except UnicodeEncodeError:
        return False


def result(task_id: str) -> str:
    return RESULT + task_id


def quarantine(task_id: str) -> str:
    return QUARANTINE + task_id


def event(event_id: str) -> str:
    return EVENT + event_id


def rate_limit(scope: str, client: str) -> str:
    return f"{RATE_LIMIT}{scope}:{client}"
