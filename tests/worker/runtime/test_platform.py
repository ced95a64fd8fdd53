"""Time and chance of a Worker are the runtime's, wherever it asks for them."""

import datetime
import importlib
import logging
import random
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.worker.runtime.projects import answer_of, answering, asked, project, simulated
from worker.durable import Objects
from worker.runtime import load_worker
from worker.sdk.env import make_env

pytestmark = pytest.mark.anyio

IMPORTS = "import datetime, email.utils, js, logging, os, random, secrets, sys, time, uuid"
# What each gives at 2001-09-09T01:46:40Z.
TIMES = {
    "time.time()": 1_000_000_000,
    "time.time_ns()": 10**18,
    "time.monotonic()": 1_000_000_000,
    "time.perf_counter_ns()": 10**18,
    "time.gmtime().tm_year": 2001,
    "time.localtime(0).tm_year in (1969, 1970)": True,
    "time.strftime('%Y')": "2001",
    "time.strftime('%Y', time.gmtime(0))": "1970",
    "time.ctime()[-4:] + time.asctime()[-4:]": "20012001",
    "datetime.datetime.now(datetime.timezone.utc).isoformat()": "2001-09-09T01:46:40+00:00",
    "datetime.datetime.utcnow().isoformat()": "2001-09-09T01:46:40",
    "datetime.datetime.today().timestamp()": 1_000_000_000,
    "datetime.datetime.now().timestamp()": 1_000_000_000,
    "datetime.date.today().year": 2001,
    "type(datetime.datetime.now()) is datetime.datetime": True,
    "email.utils.formatdate(usegmt=True)": "Sun, 09 Sep 2001 01:46:40 GMT",
    "logging.makeLogRecord({}).created": 1_000_000_000,
    "js.Date.now()": 10**12,
    "js.Date.new().getTime()": 10**12,
}


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
@pytest.mark.parametrize("expression", TIMES)
async def test_a_worker_lives_in_the_clock_it_was_given(tmp_path: Path, expression: str) -> None:
    assert await answer_of(tmp_path / "a", answering(expression, IMPORTS), simulated()) == TIMES[expression]


CHANCES = [
    "random.random()",
    "random.gauss(0, 1)",
    "random.sample(range(1000), 5)",
    "random.Random().random()",
    "random.SystemRandom().random()",
    "secrets.token_hex()",
    "secrets.choice(range(10**9))",
    "secrets.randbelow(10**9)",
    "os.urandom(8).hex()",
    "str(uuid.uuid4())",
    "str(uuid.uuid1())",
    "js.crypto.randomUUID()",
    "list(js.crypto.getRandomValues(js.Uint8Array.new(8)))",
]


@pytest.mark.parametrize("expression", CHANCES)
async def test_the_same_seed_gives_the_same_random_numbers(tmp_path: Path, expression: str) -> None:
    folder = project(tmp_path / "a", answering(f"[{expression}, {expression}]", IMPORTS))
    drawn = []
    for seed in (1, 1, 2):
        drawn.append(await asked(load_worker(folder, {}, platform=simulated(seed=seed))))
        random.gauss(0, 1)  # what others draw meanwhile
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][0] != drawn[0][1]


async def test_a_seed_of_the_workers_own_decides(tmp_path: Path) -> None:
    expression = "[random.seed('a'), random.random(), random.randint(1, 10**9)][1:]"
    files = answering(expression, IMPORTS)
    generator = random.Random("a")
    expected = [generator.random(), generator.randint(1, 10**9)]
    for number, platform in enumerate((simulated(), simulated(seed=2), None)):
        assert await answer_of(tmp_path / str(number), files, platform) == expected


ELSEWHERE = """
import time
from datetime import datetime
from random import choice
from time import time as now

def asked():
    return [time.time(), now(), datetime.now().timestamp(), choice(range(10**9))]
"""


async def test_a_module_that_was_imported_under_another_clock_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "understudy_elsewhere.py").write_text(ELSEWHERE)
    monkeypatch.syspath_prepend(str(tmp_path))
    files = answering("understudy_elsewhere.asked()", "import understudy_elsewhere")
    folder = project(tmp_path / "a", files)
    answers: list[Any] = [
        await asked(load_worker(folder, {}, platform=platform))
        for platform in (simulated(10**12), simulated(10**12), simulated(2 * 10**12), None)
    ]
    assert answers[0] == answers[1]
    assert answers[2][:3] == [2 * 10**9] * 3
    assert min(answers[3][:3]) > 1_700_000_000
    assert importlib.import_module("understudy_elsewhere").time is time


async def test_the_machine_is_as_it_was_for_everybody_else(tmp_path: Path) -> None:
    await answer_of(tmp_path / "a", answering("1"), simulated(0))
    assert time.time() > 1_700_000_000
    assert datetime.datetime.now(datetime.UTC).timestamp() == pytest.approx(time.time(), abs=60)
    assert abs(time.monotonic() - time.monotonic()) < 60
    assert uuid.uuid4() != uuid.uuid4()
    random.seed(5)
    first = random.random()
    random.seed(5)
    assert random.random() == first == random.Random(5).random()


async def test_a_function_of_time_stays_no_method(tmp_path: Path) -> None:
    class Formatter(logging.Formatter):
        converter = time.gmtime  # type: ignore[assignment]

    await answer_of(tmp_path / "a", answering("1"))
    assert Formatter().formatTime(logging.makeLogRecord({"created": 0.0}), "%Y") == "1970"


async def test_a_durable_object_has_the_clock_of_its_worker_whoever_calls_it(tmp_path: Path) -> None:
    thing = "import time\nfrom workers import DurableObject\nclass Thing(DurableObject):\n"
    thing += "    async def now(self):\n        return time.time()\n"
    folder = project(tmp_path / "a", answering("1", thing))
    worker = load_worker(folder, {}, platform=simulated())
    objects = Objects("a-Thing", worker.module.Thing)
    called = make_env({"THINGS": objects.binding}).THINGS
    assert await called.get(called.idFromName("one")).now() == 1_000_000_000
    objects.close()


TRAVELLER = """
import sys, time, types
looking, seen = types.ModuleType("_time_machine"), []
looking.patch = lambda: seen.append(type(time.time).__name__)
sys.modules["_time_machine"] = looking
from worker.runtime import sources
sources.install()
looking.patch()
print(seen, type(time.time).__name__)
"""


def test_time_machine_finds_what_it_looks_for() -> None:
    done = subprocess.run([sys.executable, "-c", TRAVELLER], capture_output=True, text=True, check=True)
    assert done.stdout == "['builtin_function_or_method'] staticmethod\n"
