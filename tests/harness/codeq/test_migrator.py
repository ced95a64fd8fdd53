"""Option B: what is moved, what is refused, and that a crash anywhere changes nothing about the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.migrations.codeq.checklist.keyspace import planned_tiers
from harness.migrations.codeq.legacy_state import PREFIX, LegacyState
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import KEY, Settings, parts
from harness.migrations.codeq.option_b.rollback import Rollback
from harness.migrations.redis.keyspace.backup import backup_pieces
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import MigrationError, Refused
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot, restore
from kvstore.clock import ManualClock
from tests.harness.codeq.conftest import Writer, half_done
from worker.codeq import Server, embedded
from worker.codeq.servers.server import Command

pytestmark = pytest.mark.anyio

AT_ONCE = Settings(freeze_seconds=0)
KEEP = Settings(freeze_seconds=0, keep_source=True)
SMALL = {"freeze_seconds": 0, "chunk": 7}


def expected(legacy: Snapshot) -> dict[str, tuple[str, object]]:
    """What codeQ's keyspace must be, by the guide's table."""
    found: dict[str, tuple[str, object]] = {}
    for key, entry in legacy.entries.items():
        target = "codeq:" + key.removeprefix("legacy:")
        if key.endswith(":pending"):
            found[f"{target}:0"] = ("list", entry.value)
        elif key.endswith(":inprog"):
            found[target] = ("set", sorted(set(entry.value)))
        else:
            found[target] = (entry.type, entry.value)
    return found


async def contents(server: Server, prefix: str = "codeq:") -> dict[str, tuple[str, object]]:
    return (await read_snapshot(server, prefix)).contents()


@pytest.mark.parametrize("keep_source", [False, True])
async def test_apply_maps_every_key_by_the_guides_table(
    server: Server, legacy: Snapshot, clock: ManualClock, keep_source: bool
) -> None:
    migrated = await Migrator(
        server, clock, Settings(freeze_seconds=0, keep_source=keep_source, chunk=7)
    ).apply()
    assert await contents(server) == expected(legacy)
    stays = keep_source or "KVRocks" in server.name
    assert migrated.plan.mode == ("copy" if stays else "rename")
    assert await contents(server, PREFIX) == (legacy.contents() if stays else {})


@pytest.mark.parametrize("settings", [AT_ONCE, KEEP, Settings(freeze_seconds=0, split=True)])
async def test_every_key_that_has_an_end_keeps_it(
    server: Server, clock: ManualClock, settings: Settings
) -> None:
    ends = {"tasks": "tasks", "tasks:ttl": "tasks:ttl"}
    ends |= {"q:generate_master:inprog": "q:generate_master:inprog"}
    ends |= {"q:generate_master:pending": "q:generate_master:pending:0"}
    for source in ends:
        await server.call("PEXPIRE", f"legacy:{source}", 3_600_000)
    await Migrator(server, clock, settings).apply()
    left = [await server.call("PTTL", f"codeq:{target}") for target in ends.values()]
    assert all(3_000_000 < one <= 3_600_000 for one in left)


async def test_leases_keep_their_time(server: Server, clock: ManualClock) -> None:
    await Migrator(server, clock, AT_ONCE).apply()
    found = await read_snapshot(server, "codeq:lease:")
    assert found.entries
    assert all(290_000 < entry.pttl <= 300_000 for entry in found.entries.values())


async def test_leases_can_be_given_the_time_that_the_freeze_took(server: Server, clock: ManualClock) -> None:
    migrated = await Migrator(server, clock, Settings(freeze_seconds=0, lease_seconds=900)).apply()
    found = await read_snapshot(server, "codeq:lease:")
    assert migrated.extended == len(found.entries) == 5
    assert all(entry.pttl > 890_000 for entry in found.entries.values())


async def test_a_second_run_changes_nothing(server: Server, clock: ManualClock) -> None:
    await Migrator(server, clock, AT_ONCE).apply()
    before = await contents(server, "")
    again = await Migrator(server, clock, AT_ONCE).apply()
    assert (again.changes, again.resumed) == (0, True)
    assert await contents(server, "") == before


async def test_look_changes_nothing(server: Server, clock: ManualClock) -> None:
    before = await contents(server, "")
    dry_run = await Migrator(server, clock, AT_ONCE).dry_run()
    assert not dry_run.refusals
    assert len(parts(dry_run.plan)) == 9
    assert await contents(server, "") == before


@pytest.mark.parametrize("keep_source", [False, True])
async def test_a_crash_after_every_single_command_ends_in_the_same_state(
    server: Server, legacy: Snapshot, clock: ManualClock, keep_source: bool
) -> None:
    settings = Settings(freeze_seconds=0, keep_source=keep_source, chunk=7)
    whole = Crashing(server)
    await Migrator(whole, clock, settings).apply()
    end = await contents(server, "")
    del end[KEY]
    assert whole.count > 60
    for commands in whole.points:
        await half_done(server, legacy, clock, settings, commands)
        await Migrator(server, clock, settings).apply()
        found = await contents(server, "")
        del found[KEY]
        assert found == end, f"after {commands} commands"


async def test_two_crashes_in_a_row_end_in_the_same_state(
    redis7: Server, legacy: Snapshot, clock: ManualClock
) -> None:
    for first in range(20, 60, 3):
        await redis7.call("FLUSHALL")
        await restore(redis7, legacy.pieces())
        for commands in (first, 12):
            with pytest.raises(Crashed):
                await Migrator(Crashing(redis7, commands), clock, Settings(freeze_seconds=0)).apply()
        await Migrator(redis7, clock, AT_ONCE).apply()
        assert await contents(redis7) == expected(legacy)


async def test_the_backup_holds_everything_and_fills_a_server_again(
    redis7: Server, legacy: Snapshot, clock: ManualClock, tmp_path: Path
) -> None:
    file = tmp_path / "backup.jsonl"
    await Migrator(redis7, clock, Settings(freeze_seconds=0, backup=file)).apply()
    other = embedded()
    await restore(other, backup_pieces(file))
    assert await contents(other, "") == legacy.contents()


async def test_a_target_without_a_journal_is_refused(server: Server, clock: ManualClock) -> None:
    await server.call("HSET", "codeq:tasks", "a", "{}")
    before = await contents(server, "")
    with pytest.raises(Refused, match="codeq: keys exist and no journal says"):
        await Migrator(server, clock, AT_ONCE).apply()
    assert await contents(server, "") == before


async def test_an_empty_keyspace_is_refused(clock: ManualClock) -> None:
    with pytest.raises(Refused, match="the wrong server, or the wrong database number"):
        await Migrator(embedded(), clock, AT_ONCE).apply()


async def test_commands_that_differ_in_case_only_are_refused(redis7: Server, clock: ManualClock) -> None:
    await redis7.call("COPY", "legacy:q:generate_master:pending", "legacy:q:GENERATE_MASTER:pending")
    with pytest.raises(
        Refused, match="two keys of the source would become: codeq:q:generate_master:pending:0"
    ):
        await Migrator(redis7, clock, Settings(freeze_seconds=0, accept_defects=True)).apply()


async def test_an_upper_case_command_becomes_lower_case(redis7: Server, clock: ManualClock) -> None:
    await redis7.call("RENAME", "legacy:q:generate_master:pending", "legacy:q:GENERATE_MASTER:pending")
    dry_run = await Migrator(redis7, clock, AT_ONCE).dry_run()
    assert any("GENERATE_MASTER" in note for note in dry_run.notes)
    await Migrator(redis7, clock, AT_ONCE).apply()
    assert await redis7.call("EXISTS", "codeq:q:generate_master:pending:0") == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("HSET", "legacy:tasks", "x", "{no json"), "1 task that codeQ cannot read"),
        (("LPUSH", "legacy:q:generate_master:pending", "ghost"), "1 queued id without a task"),
        (("SET", "legacy:strange", "1"), "legacy:strange is a string, expected no such key"),
        (("SADD", "legacy:q:other:inprog", "x"), "legacy:q:other:inprog is a set, expected list"),
    ],
)
async def test_defects_are_refused_in_clear_words(
    redis7: Server, clock: ManualClock, command: tuple[str, ...], words: str
) -> None:
    await redis7.call(*command)
    with pytest.raises(Refused, match=words):
        await Migrator(redis7, clock, AT_ONCE).apply()
    assert await keys_under(redis7, "codeq:") == []


async def test_accepted_defects_are_moved_as_they_are(redis7: Server, clock: ManualClock) -> None:
    await redis7.call("HSET", "legacy:tasks", "x", "{no json")
    await Migrator(redis7, clock, Settings(freeze_seconds=0, accept_defects=True)).apply()
    assert await redis7.call("HGET", "codeq:tasks", "x") == "{no json"


async def test_a_keyspace_that_is_written_to_is_not_frozen(redis7: Server) -> None:
    with pytest.raises(Refused, match="not frozen, 1 key changed between two reads: legacy:tasks"):
        await Migrator(redis7, Writer(redis7, "legacy:tasks"), Settings(freeze_seconds=2)).apply()


async def test_a_straggler_does_not_stop_a_resumed_run_and_is_not_lost(
    redis7: Server, legacy: Snapshot, clock: ManualClock
) -> None:
    whole = Crashing(redis7)
    await Migrator(whole, clock, AT_ONCE).apply()
    # After the last RENAMENX, before the journal knows of it.
    await half_done(redis7, legacy, clock, AT_ONCE, whole.count - 3)
    await redis7.call("LPUSH", "legacy:q:generate_preview:pending", "late")
    await Migrator(redis7, clock, AT_ONCE).apply()
    assert await contents(redis7) == expected(legacy)
    assert await redis7.call("LRANGE", "legacy:q:generate_preview:pending", 0, -1) == ["late"]


async def test_what_another_version_began_is_not_gone_on_with(
    redis7: Server, legacy: Snapshot, clock: ManualClock, tmp_path: Path
) -> None:
    whole = Crashing(redis7)
    await Migrator(whole, clock, AT_ONCE).apply()
    await half_done(redis7, legacy, clock, AT_ONCE, whole.count - 3)
    await redis7.call("HDEL", KEY, "format")
    before = await contents(redis7)
    with pytest.raises(Refused, match="begun by another version of rehearse.*go on with that version"):
        await Migrator(redis7, clock, AT_ONCE).apply()
    with pytest.raises(Refused, match="begun by another version of rehearse"):
        await Rollback(redis7, clock, tmp_path / "export", freeze_seconds=0).apply()
    assert await contents(redis7) == before


async def test_a_source_that_grew_after_the_inventory_stops_the_run(
    redis7: Server, legacy: Snapshot, clock: ManualClock, tmp_path: Path
) -> None:
    """In words that say how to go back, and the way back works."""

    class Late(Crashing):
        async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
            if commands and commands[0][:2] == ("RENAMENX", "legacy:tasks"):
                await redis7.call("HSET", "legacy:tasks", "late", "{}")
            return await super().pipeline(commands)

    with pytest.raises(MigrationError, match="51 members, planned were 50.*rehearse codeq rollback"):
        await Migrator(Late(redis7), clock, AT_ONCE).apply()
    await Rollback(redis7, clock, tmp_path / "export", freeze_seconds=0).apply()
    assert await redis7.call("HDEL", "legacy:tasks", "late") == 1
    assert await keys_under(redis7, "codeq:") == []


async def test_with_tiers_each_task_goes_to_its_priority_in_order(
    server: Server, legacy: Snapshot, clock: ManualClock
) -> None:
    await Migrator(server, clock, Settings(freeze_seconds=0, split=True, chunk=3)).apply()
    state = LegacyState(legacy)
    for (command, tier), ids in planned_tiers(state, split=True).items():
        assert await server.call("LRANGE", f"codeq:q:{command}:{tier}", 0, -1) == ids
    assert await server.call("EXISTS", "codeq:q:generate_creative:pending:5") == 1


@pytest.mark.parametrize("keep_source", [False, True])
async def test_a_crash_anywhere_with_tiers_ends_in_the_same_state(
    redis7: Server, legacy: Snapshot, clock: ManualClock, keep_source: bool
) -> None:
    settings = Settings(freeze_seconds=0, keep_source=keep_source, split=True, chunk=7)
    whole = Crashing(redis7)
    await Migrator(whole, clock, settings).apply()
    end = await contents(redis7)
    for commands in whole.points:
        await half_done(redis7, legacy, clock, settings, commands)
        await Migrator(redis7, clock, settings).apply()
        assert await contents(redis7) == end, f"after {commands} commands"
