"""Time and chance of a Worker are the runtime's."""

import importlib
import time
from pathlib import Path

import pytest

from kvstore import ManualClock, SeededEntropy
from worker.runtime import Platform, load_worker
from worker.sdk.request import Request

pytestmark = pytest.mark.anyio

CODE = """
import random
import secrets
import importlib
import time

from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        drawn = [secrets.choice("abc"), random.randint(1, 6), secrets.token_hex(2)]
        return Response.json([time.time(), time.time_ns(), *drawn])
"""


def project(folder: Path) -> Path:
    (folder / "wrangler.toml").write_text('main = "entry.py"\ncompatibility_flags = ["python_workers"]\n')
    (folder / "entry.py").write_text(CODE)
    return folder


async def answer(platform: Platform | None, folder: Path) -> bytes | object:
    worker = load_worker(project(folder), {}, platform=platform)
    return (await worker.fetch(Request.from_parts("GET", "http://x/"))).body


async def test_a_worker_lives_in_the_clock_it_was_given(tmp_path: Path) -> None:
    clock = ManualClock(1_800_000_000_500)
    platform = Platform(clock, SeededEntropy(7))
    body = await answer(platform, tmp_path)
    assert isinstance(body, bytes)
    assert body.startswith(b"[1800000000.5, 1800000000500000000, ")


async def test_one_seed_is_one_sequence_of_chances(tmp_path: Path) -> None:
    bodies = [await answer(Platform(ManualClock(0), SeededEntropy(seed)), tmp_path) for seed in (1, 1, 2)]
    assert bodies[0] == bodies[1] != bodies[2]


async def test_the_machines_modules_are_back_afterwards(tmp_path: Path) -> None:
    await answer(Platform(ManualClock(0), SeededEntropy(1)), tmp_path)
    assert importlib.import_module("time") is time
    assert time.time() > 1_700_000_000
