"""Every command of codeQ on a real keyspace with hostile ids: nothing is obeyed, and no verdict is forged."""

from pathlib import Path

import anyio
import pytest

from harness.cli.rehearse import main
from harness.terminal.exit_codes import HELD
from tests.hostile.namespaces import write_backup
from tests.hostile.test_texts import check
from tests.worker.codeq.real_redis import redis_url as redis_url
from worker.codeq import connect


def flush(url: str) -> None:
    async def run() -> None:
        server = await connect(url)
        await server.call("FLUSHALL")
        await server.close()

    anyio.run(run)


@pytest.mark.redis
@pytest.mark.parametrize(
    ("verb", "verdicts"),
    [
        ("migrate", 0),
        ("migrate --accept-defects --tiers --apply", 0),
        ("migrate --option a --deadline 1", 0),
        ("stragglers", 0),
        ("rollback", 0),
        ("backup", 0),
        ("convert", 0),
        ("rehearse --deliver 1", 1),
    ],
)
def test_codeq_moves_a_real_keyspace(
    verb: str, verdicts: int, redis_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The keyspace has every text in it, migrated and come after the migration, where there was one."""
    file, there = str(write_backup(tmp_path)), ["--redis", redis_url]
    flush(redis_url)
    assert main(["codeq", "restore", "--from", file, *there, "--apply"]) == HELD
    if verb in ("stragglers", "rollback", "convert"):
        moved = ["migrate", "--accept-defects", "--apply", "--backup", str(tmp_path / "first"), *there]
        assert main(["codeq", *moved]) == HELD
        if verb == "stragglers":
            assert main(["codeq", "restore", "--from", file, *there, "--apply"]) == HELD
    where = ["--from", redis_url] if verb.startswith("rehearse") else there
    kept = [] if verb in ("stragglers", "convert") else ["--backup", str(tmp_path / "backup")]
    main(["codeq", *verb.split(), *where, *kept])
    out, err = capsys.readouterr()
    check(out, verdicts=verdicts)
    check(err, verdicts=0)
