"""``rehearse redis`` as somebody types it: exit codes, reports, a kill, and no password anywhere."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from harness.cli.rehearse import main
from harness.migrations.redis.keyspace.backup import backup_pieces
from harness.migrations.redis.keyspace.snapshot import read_snapshot, restore
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, NOT_STARTED, USAGE, VIOLATED
from tests.worker.codeq import real_redis
from worker.codeq import connect

INVERTIBLE = """\
name: moved
source: "a:"
target: "b:"
keys:
  - {from: "jobs", to: "jobs", type: list->set}
  - {from: "name:{n}", to: "name:{n}", type: string}
"""
SECRET = "hunter2hunter2"
Capture = pytest.CaptureFixture[str]
Contents = dict[str, tuple[str, object]]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a server is that asks for a password: ``host:port/0``."""
    if real_redis.BINARY is None:
        pytest.skip(real_redis.REASON)
    folder = tmp_path_factory.mktemp("redis")
    with real_redis.running(folder) as url:

        async def lock() -> None:
            server = await connect(url)
            await server.call("CONFIG", "SET", "requirepass", SECRET)
            await server.close()

        anyio.run(lock)
        yield url.removeprefix("redis://")


@pytest.fixture
def place(locked: str, example: Path) -> str:
    """The same, with the example's keys on it."""

    async def fill() -> None:
        server = await connect(f"redis://{locked}", SECRET)
        await server.call("FLUSHALL")
        await restore(server, backup_pieces(example / "rq.jsonl"))
        await server.close()

    anyio.run(fill)
    return locked


def contents(place: str) -> Contents:
    async def read() -> Contents:
        server = await connect(f"redis://{place}", SECRET)
        found = (await read_snapshot(server, "")).contents()
        await server.close()
        return found

    return anyio.run(read)


def test_the_report_for_machines_says_everything(example: Path, capfd: Capture) -> None:
    assert main(["redis", "plan.yaml", "--from", "rq.jsonl", "-q", "--json", "-"]) == HELD
    report = json.loads(capfd.readouterr().out)
    assert report["verdict"] == "go"
    assert report["mode"] == "rename"
    assert {one["invariant"] for one in report["verdicts"]} == {
        "R1",
        "R2",
        "R3",
        "R4",
        "R5",
        "P1",
        "P2",
        "P3",
    }
    assert sum(one["keys"] for one in report["rules"]) == report["inventory"]["keys"] == 24
    assert report["replay"] == "rehearse redis plan.yaml --from rq.jsonl -q --json -"


def test_refusals_are_no_go_and_name_every_key(example: Path, capfd: Capture) -> None:
    plan = (example / "plan.yaml").read_text()
    (example / "plan.yaml").write_text(plan.replace('  - {from: "wip:{q}"', '  - {from: "gone:{q}"'))
    assert main(["redis", "plan.yaml", "--from", "rq.jsonl", "-q"]) == VIOLATED
    out = capfd.readouterr().out
    assert "Refused: 2 keys are matched by no rule, and would stay: rq:wip:Mail, rq:wip:reports" in out
    assert "NO-GO: it would not start" in out
    assert main(["redis", "plan.yaml", "--from", "rq.jsonl", "-q", "--json", "-"]) == VIOLATED
    found = json.loads(capfd.readouterr().out)["inventory"]["found"]["unmatched"]
    assert found["names"] == ["rq:wip:Mail", "rq:wip:reports"]
    assert main(["redis", "plan.yaml", "--from", "rq.jsonl", "-q", "--accept-defects"]) == HELD


def test_a_source_without_such_keys_is_inconclusive(example: Path, capfd: Capture) -> None:
    header = '{"format":"understudy-redis-backup","prefix":"rq:","taken":1}\n{"pieces":0}\n'
    (example / "empty").write_text(header)
    assert main(["redis", "plan.yaml", "--from", "empty", "-q"]) == INCONCLUSIVE
    assert (
        "INCONCLUSIVE: nothing was violated, but no key of the source matches a rule"
        in capfd.readouterr().out
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["plan.yaml"], USAGE, "which keyspace is to be moved? Name it with --from"),
        (["plan.yaml", "--from", "rq.jsonl", "--apply"], USAGE, "--apply needs a server in --from"),
        (
            ["plan.yaml", "--from", "rq.jsonl", "--backup", "b"],
            USAGE,
            "--backup is written with --apply only",
        ),
        (["plan.yaml", "--from", "redis://h", "--keep-changes"], USAGE, "goes with --rollback"),
        (
            ["plan.yaml", "--from", "redis://h", "--apply", "--explore", "crashes"],
            USAGE,
            "--explore works on copies",
        ),
        (["none.yaml", "--from", "rq.jsonl"], NOT_STARTED, "could not start: cannot read the plan none.yaml"),
        (["plan.yaml", "--from", "none"], NOT_STARTED, "cannot read none: No such file"),
        (["plan.yaml", "--from", "plan.yaml"], NOT_STARTED, "plan.yaml, line 1"),
        (["jobs.py", "--from", "rq.jsonl"], NOT_STARTED, "jobs.py, line"),
        (
            ["plan.yaml", "--from", "redis://:hunter2hunter2@127.0.0.1:1/0"],
            NOT_STARTED,
            "redis://127.0.0.1:1/0: ",
        ),
        (
            ["plan.yaml", "--from", "redis://hunter2hunter2@127.0.0.1:1/0"],
            NOT_STARTED,
            "takes a password too",
        ),
    ],
)
def test_impossible_requests_are_explained(
    example: Path, capfd: Capture, arguments: list[str], code: int, words: str
) -> None:
    given = ["redis", *arguments]
    if code == USAGE:
        with pytest.raises(SystemExit) as ended:
            main(given)
        assert ended.value.code == code
    else:
        assert main(given) == code
    err = capfd.readouterr().err
    assert words in err
    assert SECRET not in err


def test_a_dump_of_another_prefix_is_refused(example: Path, capfd: Capture) -> None:
    (example / "other").write_text('{"format":"understudy-codeq-backup","prefix":"legacy:"}\n{"pieces":0}\n')
    assert main(["redis", "plan.yaml", "--from", "other"]) == NOT_STARTED
    assert "other has keys under 'legacy:', the plan's source is 'rq:'" in capfd.readouterr().err


@pytest.mark.redis
def test_there_and_back_on_a_real_server_without_a_password_anywhere(
    place: str, example: Path, capfd: Capture
) -> None:
    before = contents(place)
    url = f"redis://:{SECRET}@{place}"
    said = ""

    def run(*arguments: str) -> int:
        nonlocal said
        code = main(["redis", "plan.yaml", "--from", url, "-q", "--json", "report.json", *arguments])
        printed = capfd.readouterr()
        said = printed.out + printed.err
        kept = [path.read_text() for path in example.iterdir() if path.is_file()]
        assert not any(SECRET in text for text in (said, *kept))
        return code

    assert run() == HELD
    assert "\nAgain: SOURCE_REDIS_PASSWORD=… rehearse redis plan.yaml --from redis://" in said
    assert contents(place) == before
    assert run("--apply") == HELD
    assert "GO: all 6 checks held" in said
    assert sorted(key for key in contents(place) if key.startswith("rq:")) == ["rq:worker:worker-1"]
    assert run("--apply") == HELD
    assert "It is migrated already" in said
    assert run() == HELD
    assert run("--rollback") == HELD
    assert "14 keys are given back from the backup" in said
    assert run("--rollback", "--apply") == HELD
    assert contents(place) == before
    assert run("--rollback") == HELD
    assert "nothing to take back" in said


async def changed(url: str, *commands: tuple[str, ...]) -> None:
    server = await connect(url)
    for command in commands:
        await server.call(*command)
    await server.close()


@pytest.mark.redis
def test_what_was_done_since_goes_back_by_the_rules_backwards(
    place: str, example: Path, capfd: Capture
) -> None:
    (example / "moved.yaml").write_text(INVERTIBLE)
    url = f"redis://:{SECRET}@{place}"

    def run(*arguments: str, plan: str = "moved.yaml") -> int:
        return main(["redis", plan, "--from", url, "-q", "--accept-defects", *arguments])

    anyio.run(changed, url, ("FLUSHALL",), ("RPUSH", "a:jobs", "1", "2"), ("SET", "a:name:x", "old"))
    assert run("--apply") == HELD
    anyio.run(changed, url, ("SADD", "b:jobs", "3"), ("SET", "b:name:y", "new"))
    capfd.readouterr()
    assert run("--rollback", "--keep-changes") == HELD
    assert "b:jobs → a:jobs (3 members, set becomes list)" in capfd.readouterr().out
    assert run("--rollback", "--keep-changes", "--apply") == HELD
    found = contents(place)
    assert found["a:jobs"] == ("list", ["1", "2", "3"])
    assert (found["a:name:x"], found["a:name:y"]) == (("string", "old"), ("string", "new"))
    assert not [key for key in found if key.startswith("b:")]


@pytest.mark.redis
def test_changes_that_have_no_way_back_are_said(place: str, example: Path, capfd: Capture) -> None:
    (example / "moved.yaml").write_text(INVERTIBLE)
    url = f"redis://:{SECRET}@{place}"
    anyio.run(changed, url, ("FLUSHALL",), ("RPUSH", "a:jobs", "1", "2"))
    given = ["redis", "moved.yaml", "--from", url, "-q", "--accept-defects"]
    assert main([*given, "--keep-source", "--apply"]) == HELD
    capfd.readouterr()
    assert main([*given, "--rollback", "--keep-changes"]) == NOT_STARTED
    assert "changes of the copy have no way back to it" in capfd.readouterr().err
    assert main(["redis", "plan.yaml", "--from", url, "-q", "--rollback", "--keep-changes"]) == NOT_STARTED
    said = " ".join(capfd.readouterr().err.split())
    assert "without --keep-changes the way back is from the backup" in said


@pytest.mark.redis
def test_entries_new_in_the_source_are_named(place: str, example: Path, capfd: Capture) -> None:
    url = f"redis://:{SECRET}@{place}"
    assert main(["redis", "plan.yaml", "--from", url, "-q", "--apply"]) == HELD

    async def late() -> None:
        server = await connect(url)
        await server.call("RPUSH", "rq:queue:reports", "late")
        await server.close()

    anyio.run(late)
    capfd.readouterr()
    assert main(["redis", "plan.yaml", "--from", url, "-q"]) == VIOLATED
    assert "1 key came to the source since, and was not moved: rq:queue:reports" in capfd.readouterr().out
    assert main(["redis", "plan.yaml", "--from", url, "-q", "--rollback"]) == VIOLATED
    assert "rq:queue:reports" in capfd.readouterr().out


@pytest.mark.redis
def test_the_journal_is_no_key_that_came_late(place: str, example: Path, capfd: Capture) -> None:
    """Where the source is everything that is there."""
    url = f"redis://:{SECRET}@{place}"

    async def fill() -> None:
        server = await connect(url)
        await server.call("FLUSHALL")
        await server.call("SET", "a", "1")
        await server.close()

    anyio.run(fill)
    (example / "all.yaml").write_text(
        'source: ""\ntarget: "new:"\nkeys:\n  - {from: "{a*}", to: "{a}", type: string}\n'
    )
    assert main(["redis", "all.yaml", "--from", url, "-q", "--apply"]) == HELD
    assert main(["redis", "all.yaml", "--from", url, "-q"]) == HELD
    assert "It is migrated: --apply would change nothing" in capfd.readouterr().out


@pytest.mark.redis
def test_a_kill_of_the_program_is_gone_on_with(place: str, example: Path, capfd: Capture) -> None:
    """Killed where a line of progress says that a batch is done."""
    url, environ = f"redis://{place}", {**os.environ, "REDIS_PASSWORD": SECRET}
    code = "import sys; from harness.cli.rehearse import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "redis", "plan.yaml", "--from", url, "--apply"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if b"3/" in line:
                process.send_signal(signal.SIGKILL)
                break
    again = ["redis", "plan.yaml", "--from", f"redis://:{SECRET}@{place}", "--apply", "-q"]
    assert main(again) == HELD
    assert capfd.readouterr().out
    moved = contents(place)
    assert sorted(key for key in moved if key.startswith("rq:")) == ["rq:worker:worker-1"]
    assert len([key for key in moved if key.startswith("bull:")]) == 24
