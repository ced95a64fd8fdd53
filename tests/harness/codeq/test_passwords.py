"""A password of Redis is taken from an address or a variable, and is in nothing that is printed or kept."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from harness.cli.rehearse import main
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.keyspace.passwords import OF_SOURCE, PASSWORD, with_variables
from harness.migrations.redis.keyspace.snapshot import restore
from harness.terminal.exit_codes import HELD, NOT_STARTED, VIOLATED
from kvstore.clock import SystemClock
from kvstore.entropy import SeededEntropy
from tests.worker.codeq import real_redis
from worker.codeq import connect

SECRET = "hun@ter/2"
CODED = "hun%40ter%2F2"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server is that asks for a password: ``host:port/0``."""
    if real_redis.BINARY is None:
        pytest.skip(real_redis.REASON)

    async def lock(url: str) -> None:
        server = await connect(url)
        await server.call("CONFIG", "SET", "requirepass", SECRET)
        await server.close()

    with real_redis.running(tmp_path_factory.mktemp("redis")) as url:
        anyio.run(lock, url)
        yield url.removeprefix("redis://")


@pytest.fixture
def production(place: str) -> str:
    """The same, with a legacy keyspace on it."""

    async def fill() -> None:
        server = await connect(f"redis://{place}", SECRET)
        await server.call("FLUSHALL")
        await restore(server, seed(Shape(20), SystemClock(), SeededEntropy(3)).pieces())
        await server.close()

    anyio.run(fill)
    return place


def check(capfd: Capture, folder: Path) -> str:
    """Neither is anywhere; what was printed."""
    out, err = capfd.readouterr()
    kept = [path.read_text() for path in folder.iterdir()]
    for text in (out, err, *kept):
        assert not any(secret in text for secret in (SECRET, CODED, "hun@", "ter/2", "hunter2")), text
    return out


ADDRESSES = [
    f"redis://:{CODED}@{{}}",
    f"redis://default:{CODED}@{{}}",
    f"redis://{{}}?password={CODED}",
]
VERBS = [
    "migrate --redis",
    "migrate --apply --redis",
    "stragglers --redis",
    "rollback --redis",
    "backup --redis",
    "rehearse --from",
    "rehearse --option a --deadline 1 --from",
    "--explore crashes --from",
]


@pytest.mark.redis
@pytest.mark.parametrize(
    ("verb", "address"),
    [*((verb, ADDRESSES[0]) for verb in VERBS), *(("convert --redis", a) for a in ADDRESSES)],
)
def test_no_command_shows_the_password_of_an_address(
    verb: str, address: str, production: str, tmp_path: Path, capfd: Capture
) -> None:
    kept = ["--json", str(tmp_path / "report.json")]
    if verb.split()[0] not in ("convert", "stragglers"):  # which write none
        kept += ["--backup", str(tmp_path / "backup")]
    code = main(["codeq", *verb.split(), address.format(production), *kept])
    assert code in (HELD, VIOLATED, NOT_STARTED)
    check(capfd, tmp_path)


@pytest.mark.redis
def test_a_report_says_how_to_give_the_password_again(
    production: str, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report.json"
    arguments = ["codeq", "-q", "--json", str(report), "--from"]
    assert main([*arguments, f"redis://default:{CODED}@{production}"]) == HELD
    again = f"SOURCE_REDIS_PASSWORD=… rehearse {' '.join(arguments)} redis://default@{production}"
    assert f"\nAgain: {again}\n" in check(capfd, tmp_path)
    assert json.loads(report.read_text())["replay"] == again
    for variable in ("SOURCE_REDIS_PASSWORD", "REDIS_PASSWORD"):
        with monkeypatch.context() as environment:
            environment.setenv(variable, SECRET)
            assert main([*arguments, f"redis://default@{production}"]) == HELD
        assert f"\nAgain: {variable}=… rehearse" in check(capfd, tmp_path)


@pytest.mark.redis
def test_a_server_to_work_on_takes_its_password_from_a_variable(
    place: str, tmp_path: Path, capfd: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_PASSWORD", SECRET)

    async def clear() -> None:
        server = await connect(f"redis://{place}", SECRET)
        await server.call("FLUSHALL")
        await server.close()

    anyio.run(clear)
    assert main(["codeq", "--tasks", "5", "--redis", f"redis://{place}"]) == HELD
    assert f"Again: REDIS_PASSWORD=… rehearse codeq --tasks 5 --redis redis://{place}" in check(
        capfd, tmp_path
    )
    assert main(["codeq", "hazards", "--redis", f"redis://:{CODED}@{place}"]) == HELD
    check(capfd, tmp_path)


def test_a_server_without_a_password_is_not_given_that_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_PASSWORD", raising=False)
    monkeypatch.delenv("SOURCE_REDIS_PASSWORD", raising=False)
    source, target = ("redis://old", OF_SOURCE), (f"redis://:{CODED}@new", [PASSWORD])
    assert with_variables("rehearse", [target, source]) == "REDIS_PASSWORD=… SOURCE_REDIS_PASSWORD= rehearse"
    assert with_variables("rehearse", [target, ("backup.jsonl", OF_SOURCE)]) == "REDIS_PASSWORD=… rehearse"


@pytest.mark.parametrize(
    "address",
    [
        "redis://:hunter2@127.0.0.1:1/0",
        "redis://hunter2@127.0.0.1:1/0",
        "redis://:a/hunter2@127.0.0.1:1/0",
        "redis://:a?hunter2@127.0.0.1:1/0",
        "redis://:[hunter2@127.0.0.1:1/0",
        "redis://127.0.0.1:1?password=hunter2",
        "redis://127.0.0.1:1?p%61ssword=hunter2&socket_timeout=x",
        "redis://127.0.0.1:1?password=hunter2&no_such_option=1",
        "http://:hunter2@127.0.0.1:1",
    ],
)
@pytest.mark.parametrize(
    "arguments",
    [
        ["codeq", "--redis"],
        ["codeq", "--from"],
        ["codeq", "migrate", "--redis"],
        ["codeq", "hazards", "--redis"],
        ["codeq", "restore", "--from"],
        ["codeq", "--explore", "crashes", "--from"],
        ["codeq", "--redis", "redis://127.0.0.1:1", "--tokens", "none", "--codeq-url"],
        ["queue", "--from"],
    ],
    ids=" ".join,
)
def test_errors_at_start_show_no_password(
    arguments: list[str], address: str, tmp_path: Path, capfd: Capture
) -> None:
    assert main([*arguments, address]) == NOT_STARTED
    check(capfd, tmp_path)


@pytest.mark.parametrize("arguments", [["codeq"], ["codeq", "migrate"], ["codeq", "--server"], ["queue"]])
def test_bad_usage_shows_no_password(arguments: list[str], tmp_path: Path, capfd: Capture) -> None:
    with pytest.raises(SystemExit):
        main([*arguments, "redis://:hunter2@127.0.0.1:1/0"])
    check(capfd, tmp_path)


def test_a_deployed_codeq_is_asked_with_tokens_only(tmp_path: Path, capfd: Capture) -> None:
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps(dict.fromkeys(("producer", "worker", "admin"), "t")))
    where = ["--redis", "redis://127.0.0.1:1", "--tokens", str(tokens)]
    for login in ("ann:hunter2@", ":hunter2@", "hunter2@"):
        assert main(["codeq", *where, "--codeq-url", f"https://{login}codeq.example/v1/codeq"]) == NOT_STARTED
        out, err = capfd.readouterr()
        assert "--codeq-url takes no name, password or query" in err
        assert "hunter2" not in out + err


@pytest.mark.parametrize(
    "settings",
    [
        {"redisPassword": 8675309},
        {"redisAddr": "redis://:8675309@127.0.0.1:1"},
        {"redisAddr": "127.0.0.1:1", "redisPassword": "8675309"},
        {"webhookHmacSecret": [8675309]},
        {"identityServiceApiKey": {"key": 8675309}},
    ],
)
def test_a_service_that_cannot_start_shows_no_secret(settings: dict[str, object], tmp_path: Path) -> None:
    config = tmp_path / "codeq.json"
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "worker.codeq", "codeq", "--config", str(config)]
    environment = {name: value for name, value in os.environ.items() if "REDIS" not in name}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == NOT_STARTED
    assert "cannot start: " in done.stderr
    assert "8675309" not in done.stdout + done.stderr
