"""The checklist against a codeQ in a process of its own, over HTTP and a real redis-server, as typed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import pytest

from harness.cli.rehearse import main
from harness.migrations.codeq.option_b.migrator import Migrator
from harness.migrations.codeq.option_b.plan import KEY, Settings
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.keyspace.snapshot import read_snapshot, restore
from kvstore.clock import Clock, ManualClock, SystemClock
from kvstore.entropy import SeededEntropy
from tests.worker.codeq import real_redis
from worker.codeq import connect
from worker.codeq.auth.gate import WORKER_SCOPES

pytestmark = pytest.mark.redis

HELD, VIOLATED, NOT_STARTED = 0, 1, 3


@dataclass(frozen=True)
class Site:
    """Where everything runs; ``tokens`` is the file that the issuer wrote."""

    redis: str
    codeq: str
    scheduler: str
    issuer: str
    tokens: Path

    def check(self, *arguments: str, redis: str = "", codeq: str = "", tokens: Path | None = None) -> int:
        where = ["--codeq-url", codeq or self.codeq, "--redis", redis or self.redis]
        return main(["codeq", "-q", *where, "--tokens", str(tokens or self.tokens), *arguments])


@contextmanager
def service(name: str, folder: Path, environment: dict[str, str], *arguments: str) -> Iterator[str]:
    """One of the services as a process; its URL."""
    port = environment["PORT"]
    command = [sys.executable, "-m", "worker.codeq", name, *arguments]
    variables = {**os.environ, **environment}
    with (
        (folder / f"{name}.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=variables) as process,
    ):
        try:
            wait(folder / f"{name}.log", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait(log: Path, process: subprocess.Popen[bytes]) -> None:
    """Until it says that it serves; at most a minute."""
    for _ in range(600):
        if "Ready on" in log.read_text():
            return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def site(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    ports = [str(real_redis.free_port()) for _ in range(3)]
    issuer = f"http://127.0.0.1:{ports[0]}"
    jwks = f"{issuer}/v1/.well-known/jwks.json"
    (folder / "codeq.json").write_text(
        json.dumps(
            {
                "env": "production",
                "workerJwksUrl": jwks,
                "workerIssuer": issuer,
                "webhookHmacSecret": "hush",
            }
        )
    )
    shared = {
        "REDIS_ADDR": redis_url.removeprefix("redis://").removesuffix("/0"),
        "IDENTITY_SERVICE_URL": issuer,
        "IDENTITY_JWKS_URL": jwks,
    }
    config = ("--config", str(folder / "codeq.json"))
    tokens = folder / "tokens.json"
    with ExitStack() as stack:
        stack.enter_context(service("issuer", folder, {"PORT": ports[0]}, "--tokens", str(tokens)))
        codeq = stack.enter_context(service("codeq", folder, {**shared, "PORT": ports[1]}, *config))
        old = stack.enter_context(service("scheduler", folder, {**shared, "PORT": ports[2]}, *config))
        yield Site(redis_url, codeq, old, issuer, tokens)


def call(url: str, *command: str) -> object:
    async def ask() -> object:
        server = await connect(url)
        try:
            return await server.call(*command)
        finally:
            await server.close()

    return anyio.run(ask)


def everything(url: str) -> dict[str, object]:
    async def read() -> dict[str, object]:
        server = await connect(url)
        found = (await read_snapshot(server, "")).contents()
        await server.close()
        return dict(found)

    return anyio.run(read)


async def migrate(url: str, clock: Clock, backup: Path) -> None:
    """Fifty tasks as of ``clock``, migrated then."""
    server = await connect(url)
    await server.call("FLUSHALL")
    await restore(server, seed(Shape(50), clock, SeededEntropy(3)).pieces())
    await Migrator(server, clock, Settings(freeze_seconds=0, backup=backup)).apply()
    await server.close()


@pytest.fixture
def migrated(site: Site, tmp_path: Path) -> Site:
    """Fifty tasks of now, migrated for real."""
    anyio.run(migrate, site.redis, SystemClock(), tmp_path / "backup.jsonl")
    return site


def test_a_migration_of_long_ago_is_judged_by_its_moment(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anyio.run(migrate, site.redis, ManualClock(1_600_000_000_000), tmp_path / "backup.jsonl")
    site.check()
    assert "V7 retention" in capsys.readouterr().out.partition("held:")[2]


def test_a_good_deployment_holds_and_is_left_as_it_was(
    migrated: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(migrated.redis)
    capsys.readouterr()
    assert migrated.check() == HELD
    out = capsys.readouterr().out
    assert "GO: 11 of 12 checks held, 1 had nothing to look at" in out
    assert "looked at nothing: V11 ownership (no leases to compare with known workers)" in out
    assert everything(migrated.redis) == before
    assert "eyJ" not in out  # no token in a report


def test_refusals_that_cannot_be_tried_are_named(
    migrated: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokens = json.loads(migrated.tokens.read_text())
    (tmp_path / "tokens.json").write_text(json.dumps({**tokens, "unscoped": "", "foreign": ""}))
    assert migrated.check(tokens=tmp_path / "tokens.json") == HELD
    out = " ".join(capsys.readouterr().out.split())
    assert "V10 authorisation did not try what must be refused to unscoped, foreign" in out


def test_a_worker_that_may_not_take_the_probe_shares_a_queue_and_takes_nothing(
    migrated: Site, tmp_path: Path
) -> None:
    tokens = json.loads(migrated.tokens.read_text())
    exchanged = httpx.post(
        f"{migrated.issuer}/v1/accounts/token/exchange",
        json={
            "idToken": tokens["legacy"],
            "audience": "codeq-worker",
            "eventTypes": ["GENERATE_MASTER"],
            "scopes": sorted(WORKER_SCOPES),
        },
    )
    own = {name: tokens[name] for name in ("producer", "admin")}
    own["worker"] = exchanged.json()["accessToken"]
    (tmp_path / "tokens.json").write_text(json.dumps(own))
    before = everything(migrated.redis)
    assert migrated.check(tokens=tmp_path / "tokens.json") == HELD
    assert everything(migrated.redis) == before


def test_damage_is_found(migrated: Site, capsys: pytest.CaptureFixture[str]) -> None:
    call(migrated.redis, "LPOP", "codeq:q:generate_master:pending:0")
    assert migrated.check() == VIOLATED
    assert "FAIL V2" in capsys.readouterr().out


def test_a_straggler_is_found_and_moved(migrated: Site, capsys: pytest.CaptureFixture[str]) -> None:
    call(migrated.redis, "HSET", "legacy:tasks", "late", '{"id":"late","status":"PENDING"}')
    call(migrated.redis, "LPUSH", "legacy:q:generate_master:pending", "late")
    assert migrated.check() == VIOLATED
    assert "codeq/H19" in capsys.readouterr().out
    there = ["codeq", "stragglers", "-q", "--redis", migrated.redis]
    assert main(there) == VIOLATED
    assert "1 straggler would be moved by --apply: late" in capsys.readouterr().out
    assert main([*there, "--apply"]) == HELD
    assert call(migrated.redis, "LINDEX", "codeq:q:generate_master:pending:0", "0") == "late"


def said(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("admin", "codeQ refuses the admin's token: 401"),
        ("producer", "codeQ refuses the producer's token: 401"),
        ("worker", "codeQ refuses the worker's token: 401"),
    ],
)
def test_a_wrong_token_is_named(
    migrated: Site, tmp_path: Path, who: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(migrated.redis)
    tokens = {**json.loads(migrated.tokens.read_text()), who: "no.such.token"}
    (tmp_path / "tokens.json").write_text(json.dumps(tokens))
    assert migrated.check(tokens=tmp_path / "tokens.json") == NOT_STARTED
    assert words in said(capsys)
    assert everything(migrated.redis) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "must be a JSON object of texts"),
        ('{"producer":"a","worker":"b"}', "no token for admin"),
        ('{"producer":"a","worker":"b","admin":"c","other":"d"}', "unknown: other"),
        ("{", "cannot read the tokens"),
    ],
)
def test_a_file_that_has_no_tokens_is_named(
    migrated: Site, tmp_path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tokens.json").write_text(text)
    assert migrated.check(tokens=tmp_path / "tokens.json") == NOT_STARTED
    assert words in said(capsys)


def test_deployed_check_names_a_service_that_is_missing_or_not_codeq(
    migrated: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrated.check(codeq=migrated.scheduler) == NOT_STARTED
    assert "answers, but is not codeQ" in said(capsys)
    assert migrated.check(codeq="http://127.0.0.1:1") == NOT_STARTED
    assert "cannot reach codeQ at http://127.0.0.1:1" in said(capsys)
    assert migrated.check(redis="redis://127.0.0.1:1/0") == NOT_STARTED
    assert "redis://127.0.0.1:1/0: Error" in said(capsys)


def test_another_database_is_named(migrated: Site, capsys: pytest.CaptureFixture[str]) -> None:
    other = migrated.redis.removesuffix("/0") + "/1"
    assert migrated.check(redis=other) == NOT_STARTED
    assert "another server, or another database number?" in said(capsys)


def test_a_codeq_on_another_server_is_named(
    migrated: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same keyspace, migrated too, and not the one that codeQ works on."""
    other = migrated.redis.removesuffix("/0") + "/1"

    async def copy() -> None:
        there, here = await connect(other), await connect(migrated.redis)
        await restore(there, (await read_snapshot(here, "")).pieces())
        await there.close()
        await here.close()

    anyio.run(copy)
    assert migrated.check(redis=other) == VIOLATED
    assert "wrong server: codeQ keeps its tasks elsewhere" in capsys.readouterr().out


def test_a_half_migration_is_named_before_anything_is_claimed(
    migrated: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    call(migrated.redis, "HSET", KEY, "phase", "migrating")
    call(migrated.redis, "HDEL", KEY, "done:4")
    before = everything(migrated.redis)
    assert migrated.check() == NOT_STARTED
    assert "half migrated (migrating): 4 of 5 steps are done. Stop codeQ" in said(capsys)
    assert everything(migrated.redis) == before


def test_without_the_backup_there_is_nothing_to_compare_with(
    migrated: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = (tmp_path / "backup.jsonl").rename(tmp_path / "elsewhere.jsonl")
    assert migrated.check() == NOT_STARTED
    assert "name the backup with --from" in said(capsys)
    assert migrated.check("--from", str(moved)) == HELD


def test_an_address_without_what_belongs_to_it_is_refused(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["codeq", "--codeq-url", site.codeq]) == NOT_STARTED
    assert "--codeq-url needs --redis" in said(capsys)
