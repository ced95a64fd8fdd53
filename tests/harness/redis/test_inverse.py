"""The mapping backwards: whatever is under the target goes back to where the plan would have it from."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.migrations.redis.back.inverse import Inverse
from harness.migrations.redis.back.rollback import Rollback
from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import Entry, Snapshot, read_snapshot, restore
from harness.migrations.redis.moving.migrator import Migrator
from harness.migrations.redis.moving.move import Move, Settings
from harness.migrations.redis.planfile.declaration import Declaration
from kvstore.clock import SystemClock
from tests.harness.redis.conftest import QUEUE
from worker.codeq import Server

pytestmark = pytest.mark.anyio

PLAN = (
    f"name: queues\n{QUEUE}"
    + """\
  - {from: "tasks",       to: "tasks", type: hash}
  - {from: "lease:{id*}", to: "lease:{id}", type: string}
  - {from: "q:{c}:inprog", to: "q:{c|lower}:inprog", type: list->set}
  - {from: "q:{c}:pending", to: "q:{c|lower}:pending:{record.priority|0..9|0}", type: list, order: keep}
"""
)
ENTRIES = {
    "old:tasks": Entry("hash", {"a": '{"priority":1}', "b": "{}", "c:1": "{}"}),
    "old:q:Mail:pending": Entry("list", ["a", "b"]),
    "old:q:Mail:inprog": Entry("list", ["c:1"]),
    "old:lease:c:1": Entry("string", "worker-1", 3_600_000),
}


@pytest.fixture
async def move(bare: Server, declare: Callable[[str], Declaration]) -> Move:
    """What was migrated by PLAN."""
    await restore(bare, Snapshot("old:", ENTRIES).pieces())
    move = Move(declare(PLAN), bare, bare, SystemClock(), Settings(freeze_seconds=0))
    await Migrator(move).apply()
    return move


async def test_what_was_done_at_the_target_since_goes_back_too(move: Move) -> None:
    server = move.target
    await server.call("RPUSH", "new:q:mail:pending:7", "z")
    await server.call("SADD", "new:q:mail:inprog", "d")
    await server.call("SET", "new:lease:d", "worker-2", "PX", 60_000)
    await server.call("SET", "new:of-its-own", "1")
    await Rollback(move, Inverse(move)).apply()
    assert await keys_under(server, "new:") == []
    assert await server.call("LRANGE", "old:q:Mail:pending", 0, -1) == ["b", "a", "z"]
    assert await server.call("LRANGE", "old:q:Mail:inprog", 0, -1) == ["c:1", "d"]
    assert await server.call("GET", "old:lease:d") == "worker-2"
    assert 0 < await server.call("PTTL", "old:lease:c:1") <= 3_600_000


async def test_what_it_does_is_said_key_by_key(move: Move) -> None:
    await move.target.call("RPUSH", "new:q:mail:pending:7", "z")
    said = (await Rollback(move, Inverse(move)).dry_run()).plan
    pending = "new:q:mail:pending:0, new:q:mail:pending:1, new:q:mail:pending:7"
    assert f"{pending} → old:q:Mail:pending (3 members)" in said
    assert "new:q:mail:inprog → old:q:Mail:inprog (1 member, set becomes list)" in said
    assert said[-1] == "everything else under new: is dropped"


async def test_a_key_that_came_to_the_source_since_is_refused(move: Move) -> None:
    await move.target.call("HSET", "old:tasks", "late", "{}")
    refusals = (await Rollback(move, Inverse(move)).dry_run()).refusals
    assert [text.partition(",")[0] for text in refusals] == ["old:tasks was written since the migration"]


async def test_a_rollback_that_was_begun_one_way_is_not_gone_on_with_the_other(move: Move) -> None:
    await move.journal.go_back(Inverse(move).name)
    before = await keys_under(move.target, "")
    with pytest.raises(Refused, match="was begun with the changes.* not from the backup"):
        await Rollback(move).apply()
    assert (await Rollback(move).dry_run()).refusals
    assert await keys_under(move.target, "") == before
    await Rollback(move, Inverse(move)).apply()
    assert await keys_under(move.target, "new:") == []


HEAD = 'name: m\nsource: "{}"\ntarget: "{}"\nkeys:\n'
NAMES = '  - {from: "n:{x}", to: "n:{x}", type: string}\n'
RECORDS = "records: {key: tasks, id: field}\n"
ALONE = [
    pytest.param("old:", "new", NAMES, {"old:n:1": "a", "newer:1": "b"}, id="a longer prefix"),
    pytest.param("old:", "new:", NAMES, {"old:n:1": "a", "new:n:2": "b"}, id="keys that a rule matches"),
    pytest.param(
        "old:", "old:new:", NAMES + 'leave: ["new:{x}"]\n', {"old:n:1": "a", "old:new:2": "b"}, id="left"
    ),
]
EXACT = [
    pytest.param(HEAD.format("old:", "q[1]:") + NAMES, {"old:n:1": "a", "q1:n:1": "b"}, id="a pattern"),
    pytest.param(
        HEAD.format("old:", "new:")
        + '  - {from: "a:{x*}", to: "k:{x}", type: string}\n'
        + '  - {from: "b:{x}", to: "k:{x}:z", type: string}\n',
        {"old:a:1": "a", "old:b:2": "b"},
        id="two rules match a key",
    ),
    pytest.param(
        RECORDS
        + HEAD.format("old:", "new:")
        + "  - {from: tasks, to: tasks, type: hash}\n"
        + '  - {from: "q:{c}", to: "q:{c}:{record.p}", type: list}\n',
        {"old:tasks": {"a": '{"p":"x:y"}'}, "old:q:m": ["a"]},
        id="a colon from a record",
    ),
    pytest.param(
        HEAD.format("old:", "new:")
        + '  - {from: "p:{c}", to: "p:{c|lower}", type: list}\n'
        + '  - {from: "r:{c}", to: "r:{c|lower}", type: list}\n',
        {"old:p:Mail": ["1"], "old:r:MAIL": ["2"]},
        id="two spellings of a name",
    ),
]


def snapshot(values: dict[str, Any]) -> Snapshot:
    kinds: dict[type, str] = {str: "string", list: "list", dict: "hash"}
    return Snapshot("", {key: Entry(kinds[type(value)], value) for key, value in values.items()})


@pytest.mark.parametrize(("source", "target", "rules", "values"), ALONE)
async def test_a_target_that_held_keys_before_is_not_taken_back_whole(
    bare: Server,
    declare: Callable[[str], Declaration],
    source: str,
    target: str,
    rules: str,
    values: dict[str, Any],
) -> None:
    await restore(bare, snapshot(values).pieces())
    plan = declare(HEAD.format(source, target) + rules)
    move = Move(plan, bare, bare, SystemClock(), Settings(freeze_seconds=0))
    await Migrator(move).apply()
    before = await keys_under(bare, "")
    with pytest.raises(Refused, match="1 key was under .* before the migration"):
        await Rollback(move, Inverse(move)).apply()
    assert await keys_under(bare, "") == before


@pytest.mark.parametrize(("text", "values"), EXACT)
async def test_what_the_migration_made_goes_back_to_what_it_was_made_of(
    bare: Server, declare: Callable[[str], Declaration], text: str, values: dict[str, Any]
) -> None:
    await restore(bare, snapshot(values).pieces())
    before = await read_snapshot(bare, "", 0)
    move = Move(declare(text), bare, bare, SystemClock(), Settings(freeze_seconds=0, accept_defects=True))
    await Migrator(move).apply()
    assert (await read_snapshot(bare, "", 0)).entries != before.entries
    await Rollback(move, Inverse(move)).apply()
    assert (await read_snapshot(bare, "", 0)).entries == before.entries


async def test_two_keys_that_would_become_one_are_refused_and_stay(
    bare: Server, declare: Callable[[str], Declaration]
) -> None:
    await restore(bare, snapshot({"old:h:Mail": {"f": "1"}}).pieces())
    plan = declare(HEAD.format("old:", "new:") + '  - {from: "h:{c}", to: "h:{c|lower}", type: hash}\n')
    move = Move(plan, bare, bare, SystemClock(), Settings(freeze_seconds=0))
    await Migrator(move).apply()
    await bare.call("HSET", "new:h:Mail", "f", "2")
    with pytest.raises(MigrationError, match="new:h:Mail and new:h:mail would both become old:h:Mail"):
        await Rollback(move, Inverse(move)).apply()
    assert await keys_under(bare, "new:") == ["new:h:Mail", "new:h:mail"]


async def test_a_key_of_another_type_than_its_rule_says_is_refused(move: Move) -> None:
    await move.target.call("SET", "new:q:mail:pending:5", "1")
    with pytest.raises(MigrationError, match="new:q:mail:pending:5 is a string, and line .* says list"):
        await Rollback(move, Inverse(move)).apply()


async def test_a_set_that_ends_becomes_a_list_that_ends(move: Move) -> None:
    await move.target.call("PEXPIRE", "new:q:mail:inprog", 3_600_000)
    await Rollback(move, Inverse(move)).apply()
    assert 0 < await move.target.call("PTTL", "old:q:Mail:inprog") <= 3_600_000


async def test_what_another_version_made_is_not_taken_back(move: Move) -> None:
    await move.target.call("HDEL", move.declaration.journal, "format")
    for rollback in (Rollback(move), Rollback(move, Inverse(move))):
        assert "another version" in (await rollback.dry_run()).refusals[0]
        with pytest.raises(Refused, match="made by another version of rehearse"):
            await rollback.apply()


@pytest.mark.parametrize(
    "change",
    [
        ("HSET", "plan", "{"),
        ("HSET", "plan", "{}"),
        ("HSET", "plan", "[]"),
        ("HDEL", "phase"),
        ("HSET", "done:x", "1"),
    ],
)
async def test_a_damaged_journal_is_refused(move: Move, change: tuple[str, ...]) -> None:
    name, *fields = change
    await move.target.call(name, move.declaration.journal, *fields)
    with pytest.raises(Refused, match="the journal understudy:.* is damaged .*restore that hash"):
        await Rollback(move, Inverse(move)).apply()


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("u", NAMES),
        ("understudy:new:", NAMES),
        ("new:", '  - {from: "l:{a}:{b}", to: "l:{b}", type: string}\n'),
        (
            "new:",
            "  - {from: tasks, to: tasks, type: hash}\n"
            'records: {key: tasks, id: field, transform: "hook.py:renamed"}\n',
        ),
    ],
)
async def test_a_plan_that_cannot_be_read_backwards_is_no_inverse(
    move: Move, declare: Callable[[str], Declaration], target: str, rule: str
) -> None:
    plan = declare(HEAD.format("old:", target) + rule)
    with pytest.raises(ValueError, match="cannot be read backwards|not the migration's alone"):
        Inverse(Move(plan, move.source, move.target, move.clock))


async def test_a_rule_without_a_way_back_is_no_inverse(move: Move, declaration: Declaration) -> None:
    with pytest.raises(ValueError, match="cannot be read backwards"):
        Inverse(Move(declaration, move.source, move.target, move.clock))
