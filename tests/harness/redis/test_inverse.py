"""The mapping backwards: whatever is under the target goes back to where the plan would have it from."""

from collections.abc import Callable

import pytest

from harness.migrations.redis.back.inverse import Inverse
from harness.migrations.redis.back.rollback import Rollback
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import Entry, Snapshot, restore
from harness.migrations.redis.moving.migrator import Migrator
from harness.migrations.redis.moving.move import Move, Settings
from harness.migrations.redis.planfile.declaration import Declaration
from kvstore.clock import SystemClock
from worker.codeq import Server

pytestmark = pytest.mark.anyio

PLAN = """\
name: queues
source: "old:"
target: "new:"
records: {key: tasks, id: field, parse: json}
keys:
  - {from: "tasks",       to: "tasks", type: hash}
  - {from: "lease:{id*}", to: "lease:{id}", type: string}
  - {from: "q:{c}:inprog", to: "q:{c|lower}:inprog", type: list->set}
  - {from: "q:{c}:pending", to: "q:{c|lower}:pending:{record.priority|0..9|0}", type: list, order: keep}
"""
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


async def test_a_rule_without_a_way_back_is_no_inverse(move: Move, declaration: Declaration) -> None:
    with pytest.raises(ValueError, match="cannot be read backwards"):
        Inverse(Move(declaration, move.source, move.target, move.clock))
