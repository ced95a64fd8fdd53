"""Each check holds after a good migration, and finds what it is there to find."""

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from harness.migrations.codeq.checklist import check, inspect
from harness.migrations.codeq.checklist.service import sample
from harness.migrations.codeq.legacy_state import PREFIX, LegacyState
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import Settings
from harness.migrations.codeq.rehearsal.delivery import deliver, judge
from harness.migrations.codeq.services.local import Services
from harness.migrations.codeq.services.seed import WORKERS
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot, restore
from harness.migrations.redis.mapping.plan import Plan
from harness.model.verdict import Verdict
from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from worker.codeq import Passing, Server, embedded
from worker.codeq.servers.server import Argument, Command

pytestmark = pytest.mark.anyio

QUEUE = "codeq:q:generate_master"


async def migrated(
    legacy: Snapshot, clock: ManualClock, damage: tuple[Command, ...] = (), keep_source: bool = False
) -> tuple[Server, Services, LegacyState, Migrator, Plan]:
    server = embedded()
    await restore(server, legacy.pieces())
    before = LegacyState(await read_snapshot(server, PREFIX))
    migrator = Migrator(server, clock, Settings(freeze_seconds=0, keep_source=keep_source))
    plan = (await migrator.apply()).plan
    for command in damage:
        await server.call(*command)
    return server, Services(server, clock, SeededEntropy(1)), before, migrator, plan


async def verdicts(
    legacy: Snapshot,
    clock: ManualClock,
    *damage: Command,
    workers: tuple[str, ...] = WORKERS,
    keep_source: bool = False,
) -> list[Verdict]:
    _, services, before, migrator, plan = await migrated(legacy, clock, damage, keep_source)
    found = await check(await inspect(services, migrator, before, plan, workers=frozenset(workers)))
    await services.close()
    return found


@pytest.mark.parametrize("keep_source", [False, True])
async def test_after_a_good_migration_all_twelve_hold(
    legacy: Snapshot, clock: ManualClock, keep_source: bool
) -> None:
    found = await verdicts(legacy, clock, keep_source=keep_source)
    assert [one.invariant for one in found] == [f"V{number}" for number in range(1, 13)]
    assert [one for one in found if not one.held] == []


def first(legacy: Snapshot, key: str) -> str:
    """The first id of one of the source's lists."""
    found: str = legacy.entries[key].value[0]
    return found


PENDING, INPROG = "legacy:q:generate_master:pending", "legacy:q:generate_master:inprog"


@pytest.mark.parametrize(
    ("invariant", "damage"),
    [
        ("V1", ("HDEL", "codeq:tasks", PENDING)),
        ("V1", ("HSET", "codeq:tasks", PENDING, "{")),
        ("V2", ("LREM", f"{QUEUE}:pending:0", 1, PENDING)),
        ("V2", ("LPUSH", f"{QUEUE}:pending:3", PENDING)),
        ("V2", ("LMOVE", f"{QUEUE}:pending:0", f"{QUEUE}:pending:0", "LEFT", "RIGHT")),
        ("V3", ("DEL", "codeq:lease:{id}", INPROG)),
        ("V3", ("PERSIST", "codeq:lease:{id}", INPROG)),
        ("V3", ("SREM", f"{QUEUE}:inprog", INPROG)),
        ("V4", ("SET", f"{QUEUE}:dlq", "no list")),
        ("V6", ("SADD", f"{QUEUE}:inprog", PENDING)),
        ("V6", ("RPUSH", f"{QUEUE}:pending:0", PENDING)),
        ("V6", ("RPUSH", f"{QUEUE}:pending:0", "ghost")),
        ("V6", ("LMOVE", f"{QUEUE}:pending:0", "codeq:q:generate_creative:pending:0", "LEFT", "LEFT")),
        ("V7", ("ZREM", "codeq:tasks:ttl", PENDING)),
        ("V7", ("ZADD", "codeq:tasks:ttl", 1_795_397_683_000, PENDING)),
        ("V8", ("SET", f"{QUEUE}:dlq", "no list")),
        ("V8", ("LPUSH", "legacy:q:generate_master:pending", "straggler")),
        ("V9", ("SET", f"{QUEUE}:dlq", "no list")),
    ],
)
async def test_a_check_finds_its_damage(
    legacy: Snapshot, clock: ManualClock, invariant: str, damage: tuple[str, ...]
) -> None:
    last = damage[-1]
    task = first(legacy, last) if last in (PENDING, INPROG) else str(last)
    key = damage[1]
    command = (damage[0], key.format(id=task)) if "{id}" in key else (*damage[:-1], task)
    found = await verdicts(legacy, clock, command)
    assert invariant in [one.invariant for one in found if not one.held]


class Tenanted(Passing):
    """``inner`` for a codeQ of a later build: its queues' keys have a tenant's name in them."""

    def _asked(self, command: Command) -> Command:
        return tuple(
            re.sub(r"^(codeq:q:\w+):", r"\1:acme:", one) if isinstance(one, str) else one for one in command
        )

    async def call(self, *command: Argument) -> Any:
        return await self._inner.call(*self._asked(command))

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        return await self._inner.pipeline([self._asked(one) for one in commands])

    async def transaction(self, commands: Sequence[Command]) -> list[Any]:
        return await self._inner.transaction([self._asked(one) for one in commands])


async def test_a_build_that_knows_tenants_is_named(legacy: Snapshot, clock: ManualClock) -> None:
    server, _, before, migrator, plan = await migrated(legacy, clock)
    services = Services(Tenanted(server), clock, SeededEntropy(1))
    seen = await inspect(services, migrator, before, plan)
    [found] = (await sample(seen)).findings
    await services.close()
    assert found.hazards == ("codeq/H15",)
    assert "this build of codeQ keeps a queue for each tenant" in found.what
    assert await keys_under(server, "codeq:") == sorted(seen.after.snapshot.entries)


async def test_a_lease_of_an_unknown_worker_is_found(legacy: Snapshot, clock: ManualClock) -> None:
    found = await verdicts(legacy, clock, workers=("somebody",))
    assert [one.invariant for one in found if not one.held] == ["V11"]


async def test_an_expired_lease_is_said_to_be_one(legacy: Snapshot, clock: ManualClock) -> None:
    task = first(legacy, INPROG)
    del legacy.entries[f"legacy:lease:{task}"]
    found = await verdicts(legacy, clock)
    failed = [one for one in found if not one.held]
    assert [(one.invariant, one.findings[0].keys) for one in failed] == [("V3", (task,))]


async def delivered(legacy: Snapshot, clock: ManualClock, *damage: Command, most: int = 1000) -> list[str]:
    """The violated ones of D1 to D4."""
    _, services, before, _, _ = await migrated(legacy, clock, damage)
    found = judge(await deliver(services, before, most), before, most)
    await services.close()
    return [one.invariant for one in found if not one.held]


async def test_everything_is_delivered_once_in_order_unchanged(legacy: Snapshot, clock: ManualClock) -> None:
    assert await delivered(legacy, clock) == []
    assert await delivered(legacy, clock, most=2) == []


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("webhook", ""),
        ("priority", 0),
        ("createdAt", "2026-11-21T22:34:43.500Z"),
        ("createdAt", "2026-11-21T22:34:43+00:00"),
        ("colour", "a member that codeQ does not know"),
    ],
)
async def test_checklist_accepts_records_that_codeq_encodes_differently(
    legacy: Snapshot, clock: ManualClock, member: str, value: object
) -> None:
    tasks = legacy.entries["legacy:tasks"].value
    for task_id, text in tasks.items():
        tasks[task_id] = json.dumps({**json.loads(text), member: value})
    assert await delivered(legacy, clock) == []


@pytest.mark.parametrize("member", ["payload", "webhook", "createdAt", "priority"])
async def test_checklist_finds_changed_records(legacy: Snapshot, clock: ManualClock, member: str) -> None:
    task = first(legacy, PENDING)
    other = {"priority": 7, "createdAt": "2020-01-01T00:00:00Z"}.get(member, "http://other.test")
    text = json.dumps({**json.loads(legacy.entries["legacy:tasks"].value[task]), member: other})
    assert await delivered(legacy, clock, ("HSET", "codeq:tasks", task, text)) == ["D3"]


@pytest.mark.parametrize(
    ("invariant", "damage"),
    [
        ("D1", ("LPOP", f"{QUEUE}:pending:0")),
        ("D1", ("LMOVE", f"{QUEUE}:pending:0", f"{QUEUE}:inprog:away", "LEFT", "LEFT")),
        ("D2", ("LMOVE", f"{QUEUE}:pending:0", f"{QUEUE}:pending:0", "LEFT", "RIGHT")),
        ("D4", ("DEL", "codeq:tasks:away", "codeq:tasks")),
    ],
)
async def test_checklist_finds_errors_in_delivery(
    legacy: Snapshot, clock: ManualClock, invariant: str, damage: tuple[str, ...]
) -> None:
    assert invariant in await delivered(legacy, clock, damage)
