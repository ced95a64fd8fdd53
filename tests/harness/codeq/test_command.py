"""``rehearse codeq``, as typed."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from harness.cli.rehearse import main
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.keyspace.backup import Backup
from harness.migrations.redis.keyspace.snapshot import read_snapshot, restore
from kvstore.clock import ManualClock, SystemClock
from kvstore.entropy import SeededEntropy
from worker.codeq import CLAIM_SHA, connect

HELD, VIOLATED, USAGE, NOT_STARTED = 0, 1, 2, 3

SMALL = ["codeq", "-q", "--tasks", "20"]


def contents(url: str, prefix: str = "") -> dict[str, object]:
    async def read() -> dict[str, object]:
        server = await connect(url)
        found = (await read_snapshot(server, prefix)).contents()
        await server.close()
        return dict(found)

    return anyio.run(read)


@pytest.fixture
def production(redis_url: str) -> str:
    """A real server with a legacy keyspace that is in use today."""

    async def fill() -> None:
        server = await connect(redis_url)
        await server.call("FLUSHALL")
        await restore(server, seed(Shape(50), SystemClock(), SeededEntropy(3)).pieces())
        await server.close()

    anyio.run(fill)
    return redis_url


def test_a_rehearsal_reports_and_exits_0(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, claim_script: str
) -> None:
    report, script = tmp_path / "report.json", tmp_path / "claim.lua"
    script.write_text(claim_script.rstrip("\n"))  # an editor's last line makes no difference
    flags = ["--server", "kvrocks27", "--claim-script", str(script), "--json", str(report)]
    assert main([*SMALL, *flags]) == HELD
    out = capsys.readouterr().out
    assert "GO: all 16 checks held" in out
    assert "fails: RENAMENX per key → ERR unknown command `RENAMENX`" in out
    assert json.loads(report.read_text())["held"] is True


def test_a_claim_script_of_another_sha_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "claim.lua"
    script.write_text("return 1")
    assert main([*SMALL, "--claim-script", str(script)]) == NOT_STARTED
    assert f"not {CLAIM_SHA}" in capsys.readouterr().err


@pytest.mark.redis
def test_migrate_says_that_claims_fail_until_codeqs_own_script_is_loaded(
    production: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--redis", production, "--server", "kvrocks27", "--apply", "--backup", str(tmp_path / "b")]
    assert main(["codeq", "migrate", "-q", *flags]) == HELD
    out = " ".join(capsys.readouterr().out.split())
    assert "Before codeQ starts: codeQ's claims answer 500 on this server until" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--apply"],
            "rehearse takes no --apply, which is for migrate, stragglers, rollback, convert, restore",
        ),
        (["backup", "--tasks", "5"], "backup takes no --tasks, which is for rehearse, restore"),
        (["convert", "--tiers"], "convert takes no --tiers, which is for rehearse, migrate"),
        (["--tiers", "stragglers"], "stragglers takes no --tiers, which is for rehearse, migrate"),
    ],
)
def test_a_flag_of_another_verb_is_refused(
    arguments: list[str], words: str, bad_usage: Callable[..., str]
) -> None:
    assert words in bad_usage("codeq", *arguments)


def test_a_verbs_help_has_its_own_flags(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["codeq", "stragglers", "--help"])
    flags = set(
        re.findall(r"--[a-z-]+", capsys.readouterr().out.partition("options:")[2].partition("example")[0])
    )
    assert flags == {"--help", "--redis", "--server", "--apply", "--json", "--quiet"}


@pytest.mark.redis
@pytest.mark.parametrize(
    ("flag", "words"),
    [
        (["--tiers"], "this migration was begun without --tiers"),
        (["--keep-source"], "this migration was begun without --keep-source"),
        (["--lease-seconds", "60"], "--lease-seconds comes too late: the migration is complete"),
    ],
)
def test_migrate_refuses_flags_that_a_second_run_cannot_change(
    production: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: list[str], words: str
) -> None:
    there = ["codeq", "migrate", "-q", "--redis", production, "--apply", "--backup", str(tmp_path / "backup")]
    assert main(there) == HELD
    before = contents(production)
    assert main([*there, *flag]) == NOT_STARTED
    assert capsys.readouterr().err.startswith(f"rehearse: refused, nothing was changed: {words}")
    assert contents(production) == before


@pytest.mark.redis
def test_the_json_of_a_dry_run_has_every_id_and_its_text_the_first(
    production: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ghosts = [f"ghost-{number:02}" for number in range(30)]

    async def queue() -> None:
        server = await connect(production)
        await server.call("RPUSH", "legacy:q:generate_master:pending", *ghosts)
        await server.close()

    anyio.run(queue)
    report = tmp_path / "report.json"
    assert main(["codeq", "migrate", "--redis", production, "--json", str(report)]) == VIOLATED
    group = json.loads(report.read_text())["classes"]["orphan"]
    assert (group["count"], sorted(group["samples"])) == (30, ghosts)
    out = " ".join(capsys.readouterr().out.split())
    assert "(H8): ghost-00, ghost-01, ghost-02 and 27 more; repair, or accept with --accept-defects" in out
    assert "For 3 commands, each key is renamed, and its old name is gone:" in out


def test_a_violation_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--freeze", "400"]) == VIOLATED
    assert "NO-GO: 1 of 16 checks violated (V3)" in capsys.readouterr().out


def test_the_crash_search_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--explore", "crashes"]) == HELD
    assert "GO: every one ends in the same state" in capsys.readouterr().out


LONG_AGO = 1_600_000_000_000  # 2020-09-13T12:26:40.000Z


@pytest.fixture
def old_backup(tmp_path: Path) -> Path:
    """A backup that was taken long ago."""
    path = tmp_path / "backup"
    with Backup(path, "legacy:", LONG_AGO) as file:
        for piece in seed(Shape(20), ManualClock(LONG_AGO), SeededEntropy(3)).pieces():
            file.write(piece)
        file.keep()
    return path


def test_a_backup_is_judged_by_the_moment_that_it_was_taken(
    old_backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["codeq", "-q", "--from", str(old_backup)]) == HELD
    assert "keys as of 2020-09-13T12:26:40.000Z, copied" in capsys.readouterr().out


def test_a_backup_that_does_not_say_when_is_judged_by_its_newest_task(
    old_backup: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old_backup.write_text(old_backup.read_text().replace(f',"taken":{LONG_AGO}', ""))
    assert main(["codeq", "-q", "--from", str(old_backup), "--json", "-"]) == HELD
    document = json.loads(capsys.readouterr().out)
    assert document["source"]["taken"] == "2020-09-13T12:26:40.000Z"
    assert "the backup does not say when it was taken" in document["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--redis", "redis://127.0.0.1:1/0"], "redis://127.0.0.1:1/0: Error"),
        (["--from", "nowhere.jsonl"], "cannot read nowhere.jsonl"),
        (["migrate"], "name it with --redis"),
    ],
)
def test_codeq_exits_3_when_it_cannot_start(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["codeq", *arguments]) == NOT_STARTED
    assert words in capsys.readouterr().err


def test_bad_usage_exits_2() -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["codeq", "--option", "c"])
    assert exit_info.value.code == USAGE


@pytest.mark.redis
def test_a_dry_run_says_what_it_would_do_and_changes_nothing(
    production: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(production)
    assert main(["codeq", "migrate", "--redis", production]) == HELD
    assert "legacy:tasks → codeq:tasks (50 members)" in capsys.readouterr().out
    assert contents(production) == before


@pytest.mark.redis
def test_migrate_and_roll_back_for_real(production: str, tmp_path: Path) -> None:
    before = contents(production)
    there = ["--redis", production, "--apply", "-q", "--backup"]
    assert main(["codeq", "migrate", *there, str(tmp_path / "backup")]) == HELD
    assert contents(production, "legacy:") == {}
    assert main(["codeq", "migrate", *there, str(tmp_path / "backup")]) == HELD  # nothing left to do
    assert main(["codeq", "rollback", *there, str(tmp_path / "export")]) == HELD
    assert contents(production).keys() == before.keys()
    assert main(["codeq", "rehearse", "-q", "--from", str(tmp_path / "backup")]) == HELD


@pytest.mark.redis
def test_a_rehearsal_from_a_server_only_reads_there(production: str) -> None:
    before = contents(production)
    assert main(["codeq", "-q", "--from", production]) == HELD
    assert contents(production) == before


@pytest.mark.redis
def test_a_backup_is_restored_once_and_never_over_anything(
    production: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, file = contents(production), str(tmp_path / "backup")
    assert main(["codeq", "backup", "--redis", production, "--backup", file]) == HELD
    other = production.removesuffix("/0") + "/1"
    there = ["codeq", "restore", "--redis", other, "--from", file]
    assert main(there) == HELD
    assert contents(other) == {}
    assert main([*there, "--apply"]) == HELD
    assert contents(other) == before
    assert main([*there, "--apply"]) == NOT_STARTED
    assert "has legacy: keys: nothing is ever written over" in capsys.readouterr().err


@pytest.mark.redis
def test_the_example_can_be_put_on_a_server(redis_url: str) -> None:
    there = redis_url.removesuffix("/0") + "/2"
    assert main(["codeq", "restore", "--redis", there, "--tasks", "20", "--apply"]) == HELD
    tasks = contents(there)["legacy:tasks"]
    assert isinstance(tasks, tuple)
    assert len(tasks[1]) == 20


@pytest.mark.redis
def test_option_a_waits_for_a_real_drain_and_says_what_is_left(
    production: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(production)
    there = ["codeq", "migrate", "--option", "a", "--redis", production, "--deadline", "0"]
    assert main(there) == VIOLATED
    out = capsys.readouterr().out
    assert "Not drained after 0 s" in out
    assert "pending, and no worker took it: 14, " in out
    assert contents(production) == before
    assert main([*there, "--apply"]) == NOT_STARTED
    assert "it only waits, without --apply" in capsys.readouterr().err


@pytest.mark.redis
def test_no_hazards_are_made_on_a_server_in_use(production: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(production)
    assert main(["codeq", "hazards", "--redis", production]) == NOT_STARTED
    assert "holds legacy: keys" in capsys.readouterr().err
    assert contents(production) == before
