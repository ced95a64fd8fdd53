"""The example namespace: a queue as it looks after weeks in production, made up but typical.

1,200 ids in the pending list, and what such a list collects: repeated ids, ids whose task has expired, tasks
that the list has lost, a body that was cut off, permanent tasks, metadata, leases of several kinds, and keys
of others that the migration must not touch. The same every time, except that deadlines lie ahead of now.
"""

import json
from typing import Any

from harness.migrations.queue.layout import OLD_LEASE, OLD_TASK, PENDING, RESULT
from harness.sources.source import Source
from kvstore import Clock, Entry, NamespaceCopy, SeededEntropy
from kvstore.clock import iso

_TASKS = 1200
_SEED = 20261122
_HOUR = 3600


def example(clock: Clock) -> Source:
    """The example as something to rehearse on."""
    return Source("the example that ships with Understudy", example_namespace(clock))


def example_namespace(clock: Clock) -> NamespaceCopy:
    """The example as of ``clock``: tasks expire within the hour, as those of the guide's producers do."""
    now = clock.now_ms() // 1000
    entropy = SeededEntropy(_SEED)
    ids = [_task_id(number, entropy) for number in range(_TASKS)]
    entries = {
        OLD_TASK + task: _task(task, number, now, entropy)
        for number, task in enumerate(ids)
        if number % 300 != 17  # expired before the list forgot them
    }
    for task in ("slack_1795300000.000001", "evt_1795300000000_orphan", "discord_990000000000000001"):
        entries[OLD_TASK + task] = _task(task, 0, now, entropy)  # lost from the list by a racing write
    cut = OLD_TASK + ids[333]
    entries[cut] = Entry(entries[cut].value[:14], entries[cut].expiration)
    entries |= _leases(ids, now)
    entries[PENDING] = Entry(_json([*ids[:600], ids[5], ids[6], *ids[600:]]), now + _HOUR)
    entries |= _others(now)
    return NamespaceCopy(dict(sorted(entries.items())))


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _task_id(number: int, entropy: SeededEntropy) -> str:
    kind = number % 10
    if kind in (0, 3, 6):
        return f"slack_{1795300000 + number}.{100000 + entropy.below(900000)}"
    if kind == 7:
        return f"clawdbot_naïve:{number}"
    if kind == 8:
        return f"clawdbot_空-{number}/part"
    return f"evt_{1795300000000 + number * 997}_{entropy.token(5).hex()[:9]}"


def _task(task: str, number: int, now: int, entropy: SeededEntropy) -> Entry:
    age = 60 + entropy.below(1200)
    body = {
        "id": task,
        "type": ("task", "query", "approval", "notification")[number % 4],
        "source": task.partition("_")[0].replace("evt", "github"),
        "content": "Review the deployment notes — 日本語" + " and so on" * (number % 7),
        "priority": ("low", "medium", "high", "critical")[number % 4],
        "metadata": {"user": f"U{1000 + number % 13}", "channel": f"C{number % 5}"},
        "queuedAt": iso((now - age) * 1000),
        "status": "pending",
    }
    metadata = f'{{"trace":"t-{number}"}}' if number % 40 == 4 else None
    expiration = None if number % 100 == 9 else now + _HOUR - age
    return Entry(_json(body), expiration, metadata)


def _leases(ids: list[str], now: int) -> dict[str, Entry]:
    leases = {}
    for place, task in enumerate(ids[1::30]):
        body = {
            "workerId": f"daemon-{place % 4}",
            "claimedAt": iso((now - 30) * 1000),
            "expiresAt": iso((now + 270) * 1000) if place % 2 == 0 else iso((now + 1800) * 1000),
        }
        # Every second one was written by a tool that gave the key no expiration.
        leases[OLD_LEASE + task] = Entry(_json(body), now + 270 if place % 2 == 0 else None)
    return leases


def _others(now: int) -> dict[str, Entry]:
    results = {
        f"{RESULT}done_{number}": Entry(b'{"success":true,"output":"ok"}', now + 1800) for number in range(30)
    }
    return results | {
        "apikey:mapping:1": Entry(b'{"owner":"ops"}'),
        "event:slack_1795300000.000001": Entry(b'{"id":"slack_1795300000.000001"}', now + 1800),
    }
