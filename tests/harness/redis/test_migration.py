"""A keyspace becomes another one by a plan: every type, every end, from any crash, there and back."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.migrations.codeq.option_b.migrator import Migrator as CodeqMigrator
from harness.migrations.codeq.option_b.plan import Settings as CodeqSettings
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.back.rollback import Rollback
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from harness.migrations.redis.keyspace.snapshot import Entry, Snapshot, read_snapshot, restore
from harness.migrations.redis.moving.migrator import Migrated, Migrator
from harness.migrations.redis.moving.move import Move, Settings, silent
from harness.migrations.redis.planfile.declaration import Declaration
from harness.migrations.redis.rehearsal import rehearse
from kvstore.clock import SystemClock
from kvstore.entropy import SeededEntropy
from tests.harness.codeq.conftest import embedded_as
from tests.harness.redis.conftest import ENTRIES, HOUR, PLAN, QUEUE
from worker.codeq import Recording, Server, ServerError, embedded
from worker.codeq.servers.server import Command

pytestmark = pytest.mark.anyio

CLOCK = SystemClock()
AT_ONCE = Settings(freeze_seconds=0, chunk=2)
Declare = Callable[[str], Declaration]


def task(n: int) -> str:
    return f'{{"id":"t{n}","kind":"{"Mail" if n % 2 else "report"}","priority":{n % 3}}}'


# What PLAN makes of ENTRIES: content, and whether it has an end.
EXPECTED = {
    "new:tasks": ("hash", {f"t{n}": task(n) for n in range(9)}, True),
    "new:q:mail:pending:1": ("list", ["t7", "t1"], True),
    "new:q:mail:pending:2": ("list", ["t5"], True),
    "new:q:report:inprog": ("set", ["t4", "t6"], True),
    "new:q:report:due": ("zset", {"t0": "0", "t2": "2"}, True),
    "new:q:mail:done": ("list", ["t3"], True),
    "new:lease:t6": ("string", "worker-1", True),
    "new:note:a": ("string", "goes on", False),
    "new:log:x": ("stream", {"1-1": '["a", "1"]', "1-2": '["a", "2", "b", "\\udcff"]'}, True),
    "new:ttl": ("zset", {"t1": "10", "t2": "20.25"}, True),
    "new:seen": ("set", ["t1", "t2"], True),
    "new:recent": ("list", ["t2", "t1"], True),
    "new:q:mail:later": ("zset", {"t3": "3", "t5": "5"}, True),
    "new:settings": ("hash", {"a": "1", "b": "2"}, True),
}


async def contents(server: Server, prefix: str) -> dict[str, tuple[str, Any, bool]]:
    """Keys whose end is neither near nor later than it was count as having one."""
    entries = (await read_snapshot(server, prefix)).entries
    return {key: (one.type, one.value, HOUR / 2 < one.pttl <= 2 * HOUR) for key, one in entries.items()}


async def migrate(declaration: Declaration, server: Server, settings: Settings = AT_ONCE) -> Migrated:
    return await Migrator(Move(declaration, server, server, CLOCK, settings)).apply()


@pytest.mark.parametrize("keep", [False, True])
async def test_every_type_is_moved_with_its_end(
    server: Server, declaration: Declaration, snapshot: Snapshot, keep: bool
) -> None:
    before = await contents(server, "old:")
    done = await migrate(declaration, server, replace(AT_ONCE, keep_source=keep))
    assert await contents(server, "new:") == EXPECTED
    assert [one.name for one in done.verdicts if not one.held or one.is_vacuous] == []
    stays = keep or "KVRocks" in server.name
    assert done.plan.mode == ("copy" if stays else "rename")
    left = await contents(server, "old:")
    assert left == before if stays else list(left) == ["old:worker:1"]


HALF = """\
source: "old:"
target: "new:"
keys:
  - {{from: "one", to: "one", type: {kind}}}
"""
SPREAD = (
    QUEUE
    + """\
  - {from: "q", to: "q:{record.n}", type: list}
  - {from: "tasks", to: "tasks", type: hash}
"""
)


COPYING = replace(AT_ONCE, keep_source=True)
# By type: commands that make five members, commands that change the first two, and what counts.
MADE: dict[str, tuple[list[Command], list[Command], str]] = {
    "list": ([("RPUSH", "old:one", *"12345")], [("LSET", "new:one", 0, "another")], "LLEN"),
    "stream": (
        [("XADD", "old:one", f"{number}-1", "n", str(number)) for number in range(1, 6)],
        [("DEL", "new:one"), *(("XADD", "new:one", f"{number}-1", "n", "another") for number in (1, 2))],
        "XLEN",
    ),
}


async def copy_two_of_five(declaration: Declaration, server: Server, kind: str) -> None:
    """Copy until a crash leaves two members."""
    members, _, count = MADE[kind]
    for point in range(200):
        await server.call("FLUSHALL")
        await server.pipeline(members)
        with pytest.raises(Crashed):
            await migrate(declaration, Crashing(server, point), COPYING)
        if await server.call(count, "new:one") == 2:
            return
    raise AssertionError("no crash leaves two of them")


@pytest.mark.parametrize("kind", MADE)
async def test_a_copy_goes_on_only_behind_what_it_has_written(declare: Declare, kind: str) -> None:
    declaration, server = declare(HALF.format(kind=kind)), embedded()
    _, changes, count = MADE[kind]
    await copy_two_of_five(declaration, server, kind)
    await migrate(declaration, server, COPYING)
    assert await server.call(count, "new:one") == 5
    await copy_two_of_five(declaration, server, kind)
    await server.pipeline(changes)
    with pytest.raises(MigrationError, match="new:one does not begin as old:one does"):
        await migrate(declaration, server, COPYING)
    assert await server.call(count, "new:one") == 2


async def test_each_of_several_targets_has_as_many_members_as_planned(declare: Declare) -> None:
    declaration, server = declare(SPREAD), embedded()
    await server.call("RPUSH", "old:q", "a", "b")
    await server.call("HSET", "old:tasks", "a", '{"n":0}', "b", '{"n":1}')

    class Exchanging(Recording):
        """Puts at the second target what goes to the first."""

        async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
            changed = [
                ("RPUSH", "new:q:1", *one[2:]) if one[:2] == ("RPUSH", "new:q:0") else one for one in commands
            ]
            return await super().pipeline(changed)

    with pytest.raises(MigrationError, match="new:q:0 has 0 members, planned were 1"):
        await migrate(declaration, Exchanging(server), COPYING)


@pytest.mark.parametrize("keep", [False, True])
async def test_the_way_back_gives_everything_again(
    server: Server, declaration: Declaration, tmp_path: Path, keep: bool
) -> None:
    before = await contents(server, "old:")
    settings = replace(AT_ONCE, keep_source=keep, backup=tmp_path / "backup")
    await migrate(declaration, server, settings)
    exported = replace(settings, backup=tmp_path / "export")
    await Rollback(Move(declaration, server, server, CLOCK, exported)).apply()
    assert await contents(server, "old:") == before
    assert await contents(server, "") == before
    assert (tmp_path / "export").read_text().count("new:lease:t6") == 1


async def test_from_one_server_to_another(server: Server, declaration: Declaration, tmp_path: Path) -> None:
    before, other = await contents(server, "old:"), embedded()
    settings = replace(AT_ONCE, backup=tmp_path / "backup")
    done = await Migrator(Move(declaration, server, other, CLOCK, settings)).apply()
    assert await contents(other, "new:") == EXPECTED
    assert done.plan.mode == "copy"
    await Rollback(Move(declaration, server, other, CLOCK, Settings(freeze_seconds=0))).apply()
    assert await contents(other, "") == {}
    assert await contents(server, "") == before


REFUSED = {
    "two of the source would become one": (
        {"old:q:mail:pending": Entry("list", ["t8"]), "old:q:MAIL:pending": Entry("list", ["t8"])},
        "new:q:mail:pending:2 (of ",
    ),
    "no rule": (
        {"old:stray": Entry("string", "1")},
        "1 key is matched by no rule, and would stay: old:stray",
    ),
    "another type": ({"old:recent": Entry("set", ["t1"])}, "old:recent is a set, line 15 says list"),
    "no end": (
        {"old:lease:t4": Entry("string", "w")},
        "1 key without an end, where the plan says ttl: required",
    ),
    "no record": (
        {"old:q:report:inprog": Entry("list", ["t6", "gone"])},
        "1 id without a record: gone (in old:q",
    ),
    "repeated": ({"old:recent": Entry("list", ["t1", "t1"])}, "1 list with an id more than once: old:recent"),
    "merged": ({"old:q:report:inprog": Entry("list", ["t6", "t6"])}, "1 list with a member more than once"),
    "invariant": (
        {"old:q:report:pending": Entry("list", ["t1"])},
        "1 id against 'record.command == c': t1",
    ),
    "no place": (
        {"old:q:report:due": Entry("set", ["t0", "gone"])},
        "1 member without a place in the new keyspace",
    ),
    "target": (
        {"new:seen": Entry("set", ["x"])},
        "1 key of the target is there already, and nothing is written",
    ),
    "unreadable": (
        {"old:tasks": Entry("hash", {**ENTRIES["old:tasks"].value, "t9": "[]"})},
        "its record cannot be read as a JSON object, which the transform needs",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_migrate_refuses_unmovable_entries_before_the_first_write(
    declaration: Declaration, name: str
) -> None:
    added, words = REFUSED[name]
    server = Recording(embedded())
    await restore(server, Snapshot("", ENTRIES | added).pieces())
    server.take()
    with pytest.raises(Refused) as caught:
        await migrate(declaration, server)
    assert words in str(caught.value)
    asked, probing = [], False
    for command in server.take():
        probing = (probing or command[0] == "multi") and command[0] != "exec"
        asked += [] if probing else [command[0]]
    reads = {"ping", "renamenx", "info", "evalsha", "scan", "type", "get", "pttl", "hscan", "sscan", "lrange"}
    reads |= {"zrange", "xrange", "hmget", "exists", "exec", "xinfo", "xrevrange", "hgetall", "smembers"}
    reads |= {"llen", "xlen", "hlen", "scard", "zcard"}
    assert set(asked) <= reads


@pytest.mark.parametrize("name", ["no rule", "no record", "repeated", "merged", "invariant"])
async def test_migrate_moves_accepted_defects(declaration: Declaration, name: str) -> None:
    server = embedded()
    await restore(server, Snapshot("", ENTRIES | REFUSED[name][0]).pieces())
    done = await migrate(declaration, server, replace(AT_ONCE, accept_defects=True))
    assert [one.invariant for one in done.verdicts if not one.held and one.invariant.startswith("R")] == []


async def test_a_stream_with_groups_is_renamed_and_not_copied(
    declaration: Declaration, snapshot: Snapshot
) -> None:
    server = embedded()
    await restore(server, snapshot.pieces())
    await server.call("XGROUP", "CREATE", "old:log:x", "readers", "0")
    with pytest.raises(Refused, match="1 stream with groups, or without its last entry, cannot be copied"):
        await migrate(declaration, server, replace(AT_ONCE, keep_source=True))
    await migrate(declaration, server)
    assert (await server.call("XINFO", "GROUPS", "new:log:x"))[0][1] == "readers"


async def test_the_way_back_does_not_lose_what_was_done_since(
    declaration: Declaration, snapshot: Snapshot, tmp_path: Path
) -> None:
    server = embedded()
    await restore(server, snapshot.pieces())
    settings = replace(AT_ONCE, backup=tmp_path / "backup")
    await migrate(declaration, server, settings)
    await server.call("SADD", "new:seen", "t8")  # was renamed: it goes along
    await server.call("HSET", "new:tasks", "t9", "{}")  # was written anew: nobody knows what it was
    back = Rollback(Move(declaration, server, server, CLOCK, replace(settings, backup=tmp_path / "export")))
    with pytest.raises(Refused, match="1 key was .new:tasks. changed at the target since"):
        await back.apply()
    accepted = replace(settings, backup=tmp_path / "export", accept_defects=True)
    await Rollback(Move(declaration, server, server, CLOCK, accepted)).apply()
    assert (await server.call("SMEMBERS", "old:seen")).count("t8") == 1
    assert await server.call("HLEN", "old:tasks") == 9


async def test_a_transform_that_fails_is_named_with_its_line(
    declaration: Declaration, snapshot: Snapshot
) -> None:
    server = embedded()
    await restore(server, snapshot.pieces())
    await server.call("HSET", "old:tasks", "odd", "{}")
    with pytest.raises(
        MigrationError, match=r"for the record of odd: KeyError: 'command' \(hook.py, line 2\)"
    ):
        await migrate(declaration, server)
    assert (await contents(server, "new:")) == {}


async def test_an_export_is_noted_before_it_is_there(
    declaration: Declaration, snapshot: Snapshot, tmp_path: Path
) -> None:
    """So that a way back that was cut off can be gone on with, under the same name."""
    export = tmp_path / "export"
    settings = replace(AT_ONCE, keep_source=True)

    async def back(point: int | None) -> Crashing:
        server = embedded()
        await restore(server, snapshot.pieces())
        await migrate(declaration, server, settings)
        crashing = Crashing(server, point)
        move = Move(declaration, crashing, crashing, CLOCK, replace(settings, backup=export))
        with suppress(Crashed):
            await Rollback(move).apply()
        entries = await Move(declaration, server, server, CLOCK).journal.read()
        assert not export.exists() or entries is None or entries.export == str(export)
        return crashing

    for point in range((await back(None)).count):
        export.unlink(missing_ok=True)
        await back(point)


async def test_another_plan_does_not_go_on_with_it(
    declaration: Declaration, declare: Declare, snapshot: Snapshot
) -> None:
    server = embedded()
    await restore(server, snapshot.pieces())
    await migrate(declaration, server)
    with pytest.raises(Refused, match="'every-type' was begun here with another plan file"):
        await migrate(declare(PLAN.replace("leave:", "# another\nleave:")), server)


async def test_codeqs_own_migration_is_such_a_plan(declare: Declare, tmp_path: Path) -> None:
    """The mapping of the guide, spread over tiers, declared in ten lines."""
    plan = declare("""\
source: "legacy:"
target: "codeq:"
records: {key: tasks, id: field, parse: json}
keys:
  - {from: "tasks",         to: "tasks",           type: hash}
  - {from: "tasks:ttl",     to: "tasks:ttl",       type: zset}
  - {from: "lease:{id}",    to: "lease:{id}",      type: string, ttl: required}
  - {from: "q:{c}:pending", to: "q:{c|lower}:pending:{record.priority|0}",   type: list, order: keep}
  - {from: "q:{c}:inprog",  to: "q:{c|lower}:inprog",   type: list->set}
invariants: ["conservation: id", "record.command|lower == c"]
""")
    legacy = seed(Shape(120), CLOCK, SeededEntropy(5))
    ours, theirs = embedded(), embedded()
    for server in (ours, theirs):
        await restore(server, legacy.pieces())
    await migrate(plan, ours)
    await CodeqMigrator(theirs, CLOCK, CodeqSettings(freeze_seconds=0, split=True)).apply()
    assert (await read_snapshot(ours, "codeq:")).contents() == (
        await read_snapshot(theirs, "codeq:")
    ).contents()
    assert await contents(ours, "legacy:") == await contents(theirs, "legacy:") == {}


async def test_a_rehearsal_of_nothing_is_no_go(declaration: Declaration) -> None:
    done = await rehearse(declaration, Snapshot("old:"), "x", embedded_as(), AT_ONCE, silent)
    assert done.decision.verdict == "inconclusive"


async def test_migrate_notices_other_writers(declaration: Declaration, snapshot: Snapshot) -> None:
    server = embedded()
    await restore(server, snapshot.pieces())

    class Busy(SystemClock):
        async def sleep(self, seconds: float) -> None:
            await server.call("RPUSH", "old:recent", "t3")

    with pytest.raises(Refused, match="not frozen, 1 key changed between two reads: old:recent"):
        await Migrator(Move(declaration, server, server, Busy(), Settings(freeze_seconds=1))).apply()
    assert await server.call("EXISTS", "new:recent") == 0
    with pytest.raises(ServerError):
        await server.call("NO-SUCH-COMMAND")


def test_two_snapshots_differ_in_keys_whose_type_or_value_changed() -> None:
    before = Snapshot(
        "a:", {"same": Entry("string", "1", 500), "was": Entry("list", ["x"]), "gone": Entry("set", ["x"])}
    )
    after = Snapshot(
        "a:", {"same": Entry("string", "1"), "was": Entry("set", ["x"]), "new": Entry("string", "2")}
    )
    assert before.changed(after) == after.changed(before) == ["gone", "new", "was"]
