"""Every id is sorted into its classes, in memory that does not grow with the keyspace."""

import json
import tracemalloc

import pytest

from harness.migrations.codeq.option_b.ledger import SAMPLES, Ledger
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import Settings, parts
from harness.migrations.codeq.option_b.preflight import preflight
from harness.migrations.codeq.report import dry_run_text
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.pieces import Piece
from harness.migrations.redis.keyspace.snapshot import read_snapshot
from kvstore.clock import ManualClock
from worker.codeq import Server

pytestmark = pytest.mark.anyio

QUEUE = "legacy:q:generate_master"
CLOCK = ManualClock()


def record(task_id: str, status: str = "PENDING", **fields: object) -> str:
    task = {"id": task_id, "command": "GENERATE_MASTER", "payload": "{}", "status": status}
    return json.dumps({**task, **fields})


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("orphan", [("LPUSH", f"{QUEUE}:pending", "x")]),
        ("unparseable", [("HSET", "legacy:tasks", "x", '{"id":"x","priority":"high"}')]),
        ("misfiled", [("HSET", "legacy:tasks", "x", record("y"))]),
        ("duplicate", [("LPUSH", f"{QUEUE}:pending", "x", "x")]),
        ("in both lists", [("LPUSH", f"{QUEUE}:pending", "x"), ("LPUSH", f"{QUEUE}:inprog", "x")]),
        ("lost from its queue", [("HSET", "legacy:tasks", "x", record("x"))]),
        (
            "finished but queued",
            [("HSET", "legacy:tasks", "x", record("x", "FAILED")), ("LPUSH", f"{QUEUE}:pending", "x")],
        ),
        ("in progress without lease", [("LPUSH", f"{QUEUE}:inprog", "x")]),
        ("in progress without lease", [("LPUSH", f"{QUEUE}:inprog", "x"), ("SET", "legacy:lease:x", "w")]),
        ("lease without work", [("SET", "legacy:lease:x", "w", "PX", 60_000)]),
        ("no retention", [("HSET", "legacy:tasks", "x", record("x"))]),
        ("retention without task", [("ZADD", "legacy:tasks:ttl", 1, "x")]),
        (
            "priority",
            [("HSET", "legacy:tasks", "x", record("x", priority=3)), ("LPUSH", f"{QUEUE}:pending", "x")],
        ),
        (
            "in a foreign queue",
            [("HSET", "legacy:tasks", "x", record("x")), ("LPUSH", "legacy:q:other:pending", "x")],
        ),
        (
            "held by a stranger",
            [
                ("HSET", "legacy:tasks", "x", record("x", "IN_PROGRESS", workerId="stranger")),
                ("LPUSH", f"{QUEUE}:inprog", "x"),
                ("SET", "legacy:lease:x", "stranger", "PX", 60_000),
            ],
        ),
    ],
)
async def test_each_class_is_found(redis7: Server, name: str, commands: list[tuple[str | int, ...]]) -> None:
    known = frozenset({"worker-1", "worker-2", "worker-3"})
    clean = (await preflight(redis7, CLOCK, Settings(workers=known))).classes
    assert name not in clean or name == "priority"
    for command in commands:
        await redis7.call(*command)
    found = (await preflight(redis7, CLOCK, Settings(workers=known))).classes[name]
    assert found.count == 1 + (clean[name].count if name in clean else 0)
    assert "x" in found.samples


async def test_scores_in_milliseconds_are_told(redis7: Server) -> None:
    await redis7.call("ZADD", "legacy:tasks:ttl", 1_795_397_683_000, "x")
    await redis7.call("HSET", "legacy:tasks", "x", record("x", "COMPLETED"))
    notes = (await preflight(redis7, CLOCK)).notes
    assert any(note.startswith("1 retention score in milliseconds") and "(H17): x" in note for note in notes)


async def test_a_priority_that_names_no_tier_is_refused_before_the_first_write(redis7: Server) -> None:
    await redis7.call("HSET", "legacy:tasks", "x", record("x", priority=[]))
    await redis7.call("LPUSH", f"{QUEUE}:pending", "x")
    dry_run = await preflight(redis7, CLOCK, Settings(split=True, accept_defects=True))
    assert [text.partition(":")[0] for text in dry_run.refusals] == [
        "1 member without a place in the new keyspace"
    ]


async def test_a_list_of_which_no_member_has_a_place_is_shown(redis7: Server) -> None:
    await redis7.call("HSET", "legacy:tasks", "x", record("x", priority=[]))
    await redis7.call("LPUSH", "legacy:q:other:pending", "x")
    dry_run = await preflight(redis7, CLOCK, Settings(split=True, accept_defects=True))
    assert dry_run.refusals
    assert "  legacy:q:other:pending → nothing (0 " in dry_run_text(dry_run)
    targets = {step["source"]: step["target"] for step in dry_run.as_json()["plan"]["steps"]}
    assert targets["legacy:q:other:pending"] == ""


async def test_mixed_case_commands_are_told_and_counted_once(redis7: Server) -> None:
    await redis7.call("RENAME", f"{QUEUE}:inprog", "legacy:q:Generate_Master:inprog")
    dry_run = await preflight(redis7, CLOCK)
    assert any("Generate_Master" in note and "(H14)" in note for note in dry_run.notes)
    assert "in a foreign queue" not in dry_run.classes
    step = next(one for one in parts(dry_run.plan) if one.source.endswith("Master:inprog"))
    assert (step.target, step.count) == ("codeq:q:generate_master:inprog", 1)


async def test_only_some_ids_are_named_of_many(redis7: Server) -> None:
    await redis7.call("LPUSH", f"{QUEUE}:pending", *(f"ghost-{number}" for number in range(500)))
    found = (await preflight(redis7, CLOCK)).classes["orphan"]
    assert (found.count, len(found.samples)) == (500, SAMPLES)


async def test_ids_that_are_no_utf_8_are_sorted_like_any_other(redis7: Server) -> None:
    await redis7.call("LPUSH", f"{QUEUE}:pending", b"\xff\xfe")
    assert (await preflight(redis7, CLOCK)).classes["orphan"].samples == ("\udcff\udcfe",)


def test_the_ledger_needs_no_more_memory_for_more_ids() -> None:
    def peak(tasks: int) -> int:
        tracemalloc.start()
        ledger = Ledger()
        for start in range(0, tasks, 1000):
            ids = [f"task-{number}" for number in range(start, start + 1000)]
            flat = [text for one in ids for text in (one, record(one))]
            ledger.add(Piece("legacy:tasks", "hash", flat))
            ledger.add(Piece(f"{QUEUE}:pending", "list", ids))
        ledger.settle()
        assert {name: found.count for name, found in ledger.classes().items()} == {"no retention": tasks}
        ledger.close()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(8000) < 1.5 * peak(2000)


@pytest.mark.parametrize(
    ("command", "key"),
    [
        (("HSET", "legacy:tasks", "late", "{}"), "legacy:tasks"),
        (("LMOVE", f"{QUEUE}:pending", f"{QUEUE}:pending", "LEFT", "RIGHT"), f"{QUEUE}:pending"),
        (("ZADD", "legacy:tasks:ttl", 5, "late"), "legacy:tasks:ttl"),
        (("SET", "legacy:lease:late", "w", "PX", 60_000), "legacy:lease:late"),
        (("DEL", f"{QUEUE}:inprog"), f"{QUEUE}:inprog"),
    ],
)
async def test_any_write_during_the_freeze_is_noticed(
    redis7: Server, command: tuple[str | int, ...], key: str
) -> None:
    class Meanwhile(ManualClock):
        async def sleep(self, seconds: float) -> None:
            await redis7.call(*command)

    with pytest.raises(Refused, match=f"not frozen, 1 key changed between two reads: {key}"):
        await Migrator(redis7, Meanwhile(), Settings(freeze_seconds=1)).apply()


async def test_a_lease_that_runs_out_is_no_write(redis7: Server) -> None:
    lease = next(key for key in (await read_snapshot(redis7, "legacy:lease:")).entries)

    class Meanwhile(ManualClock):
        async def sleep(self, seconds: float) -> None:
            await redis7.call("DEL", lease)

    await Migrator(redis7, Meanwhile(), Settings(freeze_seconds=1)).apply()
