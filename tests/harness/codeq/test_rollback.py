"""Back again, from every state that a migration can be in."""

import json
from pathlib import Path

import anyio
import pytest

from harness.cli.rehearse import main
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import KEY, Settings, journal_on
from harness.migrations.codeq.option_b.rollback import Rollback
from harness.migrations.redis.keyspace.backup import read_backup
from harness.migrations.redis.keyspace.crash import Crashed, Crashing
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot, restore
from kvstore.clock import ManualClock
from tests.harness.codeq.conftest import Writer, half_done
from worker.codeq import Server, embedded

pytestmark = pytest.mark.anyio

AT_ONCE = Settings(freeze_seconds=0)
QUEUE = "legacy:q:generate_master"


async def comparable(server: Server, *, split: bool = False) -> dict[str, object]:
    """The whole keyspace, with the in-progress lists sorted: a set has no order to give back.

    Nor have ten tiers: after ``split`` the pending lists come back by priority.
    """
    unordered = (":inprog", ":pending") if split else (":inprog",)
    found = (await read_snapshot(server, "")).contents()
    return {key: sorted(one[1]) if key.endswith(unordered) else one for key, one in found.items()}


async def test_without_a_migration_there_is_nothing_to_do(
    server: Server, clock: ManualClock, tmp_path: Path
) -> None:
    before = await comparable(server)
    rolled = await Rollback(server, clock, tmp_path / "export").apply()
    assert (rolled.mode, await comparable(server)) == (None, before)


@pytest.mark.parametrize("keep_source", [False, True])
async def test_a_complete_migration_is_taken_back(
    server: Server, clock: ManualClock, tmp_path: Path, keep_source: bool
) -> None:
    before = await comparable(server)
    await Migrator(server, clock, Settings(freeze_seconds=0, keep_source=keep_source)).apply()
    await Rollback(server, clock, tmp_path / "export").apply()
    assert await comparable(server) == before
    await Migrator(server, clock, AT_ONCE).apply()  # and the way is free for the next attempt


@pytest.mark.parametrize("split", [False, True])
async def test_every_half_done_migration_is_taken_back(
    server: Server, legacy: Snapshot, clock: ManualClock, tmp_path: Path, split: bool
) -> None:
    settings = Settings(freeze_seconds=0, split=split)
    before = await comparable(server, split=split)
    whole = Crashing(server)
    await Migrator(whole, clock, settings).apply()
    for commands in whole.points:
        await half_done(server, legacy, clock, settings, commands)
        await Rollback(server, clock, tmp_path / "export").apply()
        assert await comparable(server, split=split) == before, f"after {commands} commands"


@pytest.mark.parametrize("keep_source", [False, True])
async def test_a_rollback_that_crashed_anywhere_is_finished_by_the_next(
    redis7: Server, legacy: Snapshot, clock: ManualClock, tmp_path: Path, keep_source: bool
) -> None:
    before = await comparable(redis7)
    settings = Settings(freeze_seconds=0, keep_source=keep_source)
    await Migrator(redis7, clock, settings).apply()
    whole = Crashing(redis7)
    await Rollback(whole, clock, tmp_path / "export").apply()
    for commands in whole.points:
        await redis7.call("FLUSHALL")
        await restore(redis7, legacy.pieces())
        await Migrator(redis7, clock, settings).apply()
        with pytest.raises(Crashed):
            await Rollback(Crashing(redis7, commands), clock, tmp_path / "export").apply()
        await Rollback(redis7, clock, tmp_path / "export").apply()
        assert await comparable(redis7) == before, f"after {commands} commands"


async def test_after_a_rename_work_done_in_codeq_goes_along(
    redis7: Server, clock: ManualClock, tmp_path: Path
) -> None:
    await Migrator(redis7, clock, AT_ONCE).apply()
    old = await redis7.call("LRANGE", "codeq:q:generate_master:pending:0", 0, -1)
    await redis7.call("LPUSH", "codeq:q:generate_master:pending:9", "urgent-1", "urgent-2")
    await redis7.call("ZADD", "codeq:q:generate_master:delayed", 20, "later", 10, "sooner")
    await redis7.call("LPUSH", "codeq:q:generate_master:dlq", "dead")
    await redis7.call("HSET", "codeq:results", "r", "{}")
    export = tmp_path / "export"
    rolled = await Rollback(redis7, clock, export).apply()
    queue = await redis7.call("LRANGE", "legacy:q:generate_master:pending", 0, -1)
    assert queue == ["later", "sooner", *old, "urgent-2", "urgent-1"]
    assert await keys_under(redis7, "codeq:") == []
    assert read_backup(export).entries["codeq:results"].value == {"r": "{}"}
    assert rolled.sentences == [
        "2 tasks were waiting for a time in codeQ, pending at once in the old service: later, sooner",
        "1 dead letter: the old service has no queue for it: dead",
        "1 result, kept in the export only: r",
    ]


async def test_after_a_copy_the_account_names_what_is_lost_and_what_runs_again(
    redis7: Server, clock: ManualClock, tmp_path: Path
) -> None:
    await Migrator(redis7, clock, Settings(freeze_seconds=0, keep_source=True)).apply()
    done = (await redis7.call("LRANGE", "codeq:q:generate_master:pending:0", 0, 0))[0]
    record = json.loads(await redis7.call("HGET", "codeq:tasks", done))
    await redis7.call("HSET", "codeq:tasks", done, json.dumps({**record, "status": "COMPLETED"}))
    await redis7.call("HSET", "codeq:tasks", "new", json.dumps({**record, "id": "new"}))
    rolled = await Rollback(redis7, clock, tmp_path / "export").dry_run()
    assert rolled.account is not None
    assert (rolled.account.created, rolled.account.finished) == (("new",), (done,))


async def test_a_copy_whose_source_is_gone_is_not_dropped(
    redis7: Server, clock: ManualClock, tmp_path: Path
) -> None:
    await Migrator(redis7, clock, Settings(freeze_seconds=0, keep_source=True)).apply()
    await redis7.call("DEL", "legacy:tasks")
    with pytest.raises(Refused, match=r"1 key of the source is gone \(legacy:tasks\): nothing would be left"):
        await Rollback(redis7, clock, tmp_path / "export").apply()
    assert await redis7.call("EXISTS", "codeq:tasks") == 1


async def test_an_id_without_a_record_that_came_late_stays_in_its_old_list(
    redis7: Server, clock: ManualClock, tmp_path: Path
) -> None:
    old = await redis7.call("LRANGE", f"{QUEUE}:pending", 0, -1)
    held = set(await redis7.call("LRANGE", f"{QUEUE}:inprog", 0, -1))
    await Migrator(redis7, clock, AT_ONCE).apply()
    await redis7.call("LPUSH", f"{QUEUE}:pending", "ghost")
    await redis7.call("LPUSH", f"{QUEUE}:inprog", "ghost")
    await Rollback(redis7, clock, tmp_path / "export").apply()
    assert await redis7.call("LRANGE", f"{QUEUE}:pending", 0, -1) == ["ghost", *old]
    assert set(await redis7.call("LRANGE", f"{QUEUE}:inprog", 0, -1)) == {"ghost", *held}


async def test_an_id_that_came_late_into_a_list_whose_conversion_was_cut_off_loses_nothing(
    redis7: Server, clock: ManualClock, tmp_path: Path
) -> None:
    held = set(await redis7.call("LRANGE", f"{QUEUE}:inprog", 0, -1))
    await Migrator(redis7, clock, AT_ONCE).apply()
    entries = await journal_on(redis7).read()
    assert entries is not None
    batches = enumerate(entries.plan.batches())
    number = next(n for n, batch in batches if f"{QUEUE}:inprog" in [one.source for one in batch])
    await redis7.call("HDEL", KEY, f"done:{number}")  # cut off after the list was gone
    await redis7.call("HSET", KEY, "phase", "migrating")
    await redis7.call("LPUSH", f"{QUEUE}:inprog", "late")
    await Rollback(redis7, clock, tmp_path / "export").apply()
    assert set(await redis7.call("LRANGE", f"{QUEUE}:inprog", 0, -1)) == {"late", *held}


async def test_a_record_that_came_late_is_refused_with_the_way_on(
    redis7: Server, clock: ManualClock, tmp_path: Path
) -> None:
    await Migrator(redis7, clock, AT_ONCE).apply()
    await redis7.call("HSET", "legacy:tasks", "late", "{}")
    dry_run = await Rollback(redis7, clock, tmp_path / "export").dry_run()
    assert [text.split(":")[0] for text in dry_run.refusals] == ["legacy"]
    assert "rehearse codeq stragglers --apply" in dry_run.refusals[0]
    with pytest.raises(Refused, match="was written since the migration"):
        await Rollback(redis7, clock, tmp_path / "export").apply()


@pytest.mark.parametrize("keep_source", [False, True])
async def test_a_dry_run_shows_what_would_be_done(
    redis7: Server, clock: ManualClock, tmp_path: Path, keep_source: bool
) -> None:
    await Migrator(redis7, clock, Settings(freeze_seconds=0, keep_source=keep_source)).apply()
    plan = (await Rollback(redis7, clock, tmp_path / "export").dry_run()).plan
    assert plan[0] == f"what is under codeq: is written to {tmp_path / 'export'} first"
    if keep_source:
        assert plan[1].endswith("keys are dropped, legacy: stays as it is")
    else:
        assert "codeq:tasks → legacy:tasks (50 members)" in plan
        held = "codeq:q:generate_master:inprog → legacy:q:generate_master:inprog"
        assert f"{held} (1 member, set becomes list)" in plan
        assert plan[-1] == "everything else under codeq: is dropped"


@pytest.mark.parametrize("commands", [0, 1, 60])
def test_a_rollback_that_was_killed_goes_on_with_the_same_command(
    legacy: Snapshot, clock: ManualClock, tmp_path: Path, commands: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, export = embedded(), tmp_path / "export"

    async def killed() -> None:
        await restore(server, legacy.pieces())
        await Migrator(server, clock, AT_ONCE).apply()
        whole = Crashing(server)
        await Rollback(whole, clock, export, freeze_seconds=0).dry_run()
        await Rollback(Crashing(server, whole.count + commands), clock, export, freeze_seconds=0).apply()

    async def opened(*_: object) -> Server:
        return server

    with pytest.raises(Crashed):
        anyio.run(killed)
    monkeypatch.setattr("harness.migrations.redis.keyspace.passwords.open_server", opened)
    assert main(["codeq", "rollback", "-q", "--redis", "redis://x", "--apply", "--backup", str(export)]) == 0
    assert read_backup(export).entries


async def test_a_codeq_that_is_still_at_work_is_not_rolled_back(
    redis7: Server, clock: ManualClock, tmp_path: Path
) -> None:
    await Migrator(redis7, clock, AT_ONCE).apply()
    before = await comparable(redis7)
    with pytest.raises(Refused, match="not frozen, 1 key changed between two reads: codeq:tasks"):
        await Rollback(redis7, Writer(redis7, "codeq:tasks"), tmp_path / "export").apply()
    await redis7.call("HDEL", "codeq:tasks", "late")
    assert await comparable(redis7) == before
