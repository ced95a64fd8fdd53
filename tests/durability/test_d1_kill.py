"""kill -9 while a D1 database is written to, again and again: what was acknowledged is there, whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from kvstore import SeededEntropy
from tests.durability.test_kill import ROOT, ROUNDS
from worker.d1 import D1Database, Database

pytestmark = pytest.mark.anyio


def write_until_killed(path: Path, enough: int) -> int:
    """The last call that was acknowledged."""
    command = [sys.executable, "-m", "tests.durability.d1_load", str(path)]
    last = -1
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        for seen, line in enumerate(process.stdout):
            if seen == enough:
                process.kill()
            if line.endswith("\n"):
                last = int(line)
    return last


async def test_kill_loses_no_call_and_leaves_no_half_of_one(tmp_path: Path) -> None:
    chance = SeededEntropy(1)
    for _ in range(ROUNDS):
        last = write_until_killed(tmp_path / "d1.sqlite", 20 + chance.below(300))
        database = Database(tmp_path / "d1.sqlite")
        db = D1Database(database)
        assert await db.prepare("PRAGMA quick_check").first("quick_check") == "ok"
        assert await db.prepare("SELECT max(n) AS n FROM pairs").first("n") >= last
        halves = "SELECT count(*) AS n FROM (SELECT 1 FROM pairs GROUP BY n HAVING count(*) <> 2)"
        gaps = "SELECT max(n) + 1 - count(DISTINCT n) AS n FROM pairs"
        assert [await db.prepare(sql).first("n") for sql in (halves, gaps)] == [0, 0]
        database.close()
