"""One line is one run: whatever the hash seed, the process, and the version of Python."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from kvstore.conditions import CONDITIONS

ROOT = Path(__file__).parents[4]
VERSIONS = ("3.11", "3.12", "3.13")

# Prints, for each line that it is given, the fingerprint of the run and everything that is said about it.
PROGRAM = """
import hashlib, json, sys
from harness.migrations.queue.explore.sometimes import met
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.system.code import WorkerCode
from harness.migrations.queue.checkers import judge
from harness.migrations.queue.reports.simulation import Simulation
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate

worker_code = WorkerCode(QUEUE_WORKER)
for line in sys.stdin.read().splitlines():
    record = simulate(Scenario.read(line), worker_code)
    said = json.dumps([Simulation(record, judge(record)).as_json(), met(record)]).encode()
    print(record.fingerprint, hashlib.sha256(said).hexdigest()[:16], line)
"""
LINES = "\n".join(
    str(draw(seed, Scenario(conditions=conditions, migration=migration)))
    for conditions in CONDITIONS
    for migration in ("documented", "safe")
    for seed in range(1, 4)
)


def printed(python: str, hash_seed: int) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [python, "-c", PROGRAM],
        input=LINES,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@cache
def expected() -> list[str]:
    return printed(sys.executable, 0)


def test_the_hash_seed_changes_nothing() -> None:
    assert len(expected()) == LINES.count("\n") + 1
    for hash_seed in (1, 2):
        assert printed(sys.executable, hash_seed) == expected()


def interpreter(version: str) -> str:
    """A Python of a version that has what Understudy needs; skips with the reason without one.

    ``UNDERSTUDY_PYTHON_3_13`` and the like may name it; else it is looked for on the PATH.
    """
    named = os.environ.get(f"UNDERSTUDY_PYTHON_{version.replace('.', '_')}")
    python = named or shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"there is no python{version}")
    check = (
        "import sys, aiosqlite, httpx, starlette, uvicorn\n"
        f"assert sys.version_info[:2] == ({version.replace('.', ', ')}), sys.version"
    )
    done = subprocess.run([python, "-c", check], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        pytest.skip(f"{python} cannot run Understudy: {' '.join(done.stderr.split())[-200:]}")
    return python


@pytest.mark.pythons
@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_of_python_plays_the_same(version: str) -> None:
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        pytest.skip(f"this is {version}")
    assert printed(interpreter(version), 3) == expected()
