"""What a server or a user's rights may refuse: said before anything is changed, or as what is half done."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.cli.rehearse import main
from harness.migrations.codeq.checklist.deployed import Deployed
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import KEY, Settings
from harness.migrations.codeq.services.tokens import Tokens
from harness.migrations.redis.keyspace.errors import HalfDone, Refused
from harness.migrations.redis.keyspace.snapshot import Snapshot, read_snapshot, restore
from kvstore.clock import ManualClock
from tests.worker.codeq import real_redis
from worker.codeq import Passing, Server, ServerError, connect, embedded
from worker.codeq.servers.server import Argument, Command

pytestmark = pytest.mark.anyio
NOTHING_CHANGED, HALF_DONE = 3, 1


class Losing(Passing):
    """``inner``, whose connection is lost after ``trips`` more, once the journal was begun."""

    def __init__(self, inner: Server, trips: int) -> None:
        super().__init__(inner)
        self._left = trips
        self._begun = False

    def _spend(self, command: Command) -> None:
        if self._begun and not self._left:
            raise ServerError("Connection closed by server.", "UNREACHABLE")
        self._left -= self._begun
        self._begun |= command[:2] == ("HSET", KEY)

    async def call(self, *command: Argument) -> Any:
        self._spend(command)
        return await self._inner.call(*command)

    async def pipeline(self, commands: Sequence[Command]) -> list[Any]:
        self._spend(("PIPELINE",))
        return await self._inner.pipeline(commands)

    async def close(self) -> None: ...


@pytest.mark.parametrize("trips", [0, 5, 20])
async def test_a_connection_that_is_lost_midway_is_half_a_migration_that_goes_on(
    legacy: Snapshot, clock: ManualClock, trips: int
) -> None:
    server, settings = embedded(), Settings(freeze_seconds=0)
    await restore(server, legacy.pieces())
    with pytest.raises(HalfDone) as raised:
        await Migrator(Losing(server, trips), clock, settings).apply()
    said = str(raised.value)
    assert said.startswith("half migrated, ")
    assert "then the connection to the server was lost (Connection closed by server.)" in said
    assert "keep codeQ and the old service stopped" in said
    assert "run the same command again: it goes on from here" in said
    await Migrator(server, clock, settings).apply()
    assert (await read_snapshot(server, "legacy:")).entries == {}


def test_half_a_migration_is_not_called_one_that_could_not_start(
    legacy: Snapshot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def losing(*_: object) -> Server:
        server = embedded()
        await restore(server, legacy.pieces())
        return Losing(server, 5)

    monkeypatch.setattr("harness.migrations.redis.keyspace.passwords.open_server", losing)
    flags = ["--redis", "redis://x", "--apply", "--backup", str(tmp_path / "b")]
    assert main(["codeq", "migrate", "-q", *flags]) == HALF_DONE
    assert capsys.readouterr().err.startswith("rehearse: half migrated, ")


@pytest.mark.redis
@pytest.mark.parametrize(
    ("rights", "flags", "refused"),
    [
        ("-sadd", {}, "this user may not SADD as the migration will"),
        ("-del", {}, "this user may not DEL as the migration will"),
        ("-script", {"claim_script": "return 1"}, "this user may not SCRIPT LOAD as the migration will"),
        ("-pexpire", {"lease_seconds": 60}, "this user may not PEXPIRE as the migration will"),
        ("-hset", {"keep_source": True}, "this user may not HSET as the migration will"),
        ("-rpush -info", {"keep_source": True}, "this user may not RPUSH as the migration will"),
    ],
)
async def test_a_right_that_is_missing_is_named_before_anything_is_changed(
    redis_url: str, legacy: Snapshot, clock: ManualClock, rights: str, flags: dict[str, Any], refused: str
) -> None:
    owner = await connect(redis_url)
    await owner.call("FLUSHALL")
    await restore(owner, legacy.pieces())
    await owner.call("ACL", "SETUSER", "mover", "reset", "on", ">pw", "~*", "+@all", *rights.split())
    user = await connect(redis_url.replace("://", "://mover:pw@"))
    dry_run = await Migrator(user, clock, Settings(**flags)).dry_run()
    after = await read_snapshot(owner, "")
    await user.close()
    await owner.close()
    assert [text.partition(":")[0] for text in dry_run.refusals] == [refused]
    assert after.contents() == legacy.contents()


@pytest.mark.redis
async def test_a_missing_right_to_rename_makes_it_a_copy_and_says_so(
    redis_url: str, legacy: Snapshot, clock: ManualClock
) -> None:
    owner = await connect(redis_url)
    await owner.call("FLUSHALL")
    await restore(owner, legacy.pieces())
    await owner.call("ACL", "SETUSER", "mover", "reset", "on", ">pw", "~*", "+@all", "-renamenx")
    user = await connect(redis_url.replace("://", "://mover:pw@"))
    dry_run = await Migrator(user, clock).dry_run()
    await user.close()
    await owner.close()
    assert (dry_run.plan.mode, dry_run.refusals) == ("copy", ())
    assert any(note.startswith("RENAMENX cannot be used (NOPERM ") for note in dry_run.notes)


@pytest.mark.redis
@pytest.mark.parametrize(
    ("setting", "value", "refusal", "note"),
    [
        ("maxmemory", "1", "the server has no memory left for writes (maxmemory): make room first", ""),
        ("maxmemory", "1gb", "", "when memory is short this server drops keys (allkeys-lru)"),
    ],
)
async def test_memory_that_is_short_or_may_be_is_told(
    redis_url: str, legacy: Snapshot, clock: ManualClock, setting: str, value: str, refusal: str, note: str
) -> None:
    server = await connect(redis_url)
    await server.call("FLUSHALL")
    await restore(server, legacy.pieces())
    if note:
        await server.call("CONFIG SET", "maxmemory-policy", "allkeys-lru")
    await server.call("CONFIG SET", setting, value)
    try:
        dry_run = await Migrator(server, clock).dry_run()
    finally:
        await server.call("CONFIG SET", setting, "0")
        await server.call("CONFIG SET", "maxmemory-policy", "noeviction")
        await server.close()
    assert dry_run.refusals == ((refusal,) if refusal else ())
    assert any(one.startswith(note) for one in dry_run.notes) or not note


@pytest.mark.redis
@pytest.mark.parametrize("kind", ["replica", "cluster"])
async def test_a_server_that_cannot_be_migrated_on_is_named(
    redis_url: str, clock: ManualClock, tmp_path: Path, kind: str
) -> None:
    place = redis_url.removeprefix("redis://").removesuffix("/0")
    options = (
        ["--replicaof", *place.split(":")]
        if kind == "replica"
        else ["--cluster-enabled", "yes", "--cluster-port", str(real_redis.free_port())]
    )
    with real_redis.running(tmp_path, *options) as url:
        server = await connect(url)
        dry_run = await Migrator(server, clock).dry_run()
        await server.close()
    words = {"replica": f"this is a replica of {place}", "cluster": "this is a cluster"}
    assert [text.startswith(words[kind]) for text in dry_run.refusals] == [True]
    assert dry_run.notes == []


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, "hello"), (200, '{"x":1}'), (200, "[]"), (404, "{"), (502, "<html>"), (401, "who are you?")],
)
async def test_a_url_that_answers_anything_is_said_to_be_no_codeq(
    clock: ManualClock, status: int, text: str
) -> None:
    codeq = Deployed("http://codeq.test", Tokens("producer", "worker", "admin"), clock)
    codeq.client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(status, text=text))
    )
    with pytest.raises(Refused, match="answers, but is not codeQ"):
        await codeq.reach()
    await codeq.close()
