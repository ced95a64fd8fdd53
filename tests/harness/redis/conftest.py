"""Plans, and servers of each kind to carry them out on."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from shutil import copytree

import pytest

from harness.migrations.redis.keyspace.snapshot import Entry, Snapshot, restore
from harness.migrations.redis.planfile.declaration import Declaration, read_declaration
from kvstore.clock import SystemClock
from tests.worker.codeq import real_redis
from tests.worker.codeq.real_redis import redis_url as redis_url
from worker.codeq import Kvrocks27, Server, connect, embedded

ROOT = Path(__file__).parents[3]
HOUR = 3_600_000
# How the plan of a queue begins, whose tasks are in one hash.
QUEUE = """\
source: "old:"
target: "new:"
records: {key: tasks, id: field, parse: json}
keys:
"""

# Every type, what can become what, and ends of every kind.
PLAN = """\
name: every-type
source: "old:"
target: "new:"
records: {key: tasks, id: field, parse: json, transform: "hook.py:renamed"}
keys:
  - {from: "q:{c}:pending", to: "q:{c|lower}:pending:{record.priority|0}", type: list, order: keep}
  - {from: "q:{c}:inprog",  to: "q:{c|lower}:inprog", type: list->set}
  - {from: "q:{c}:due",     to: "q:{c|lower}:due", type: set->zset, score: "{record.due}"}
  - {from: "q:{c}:done",    to: "q:{c|lower}:done", type: zset->list, order: keep}
  - {from: "lease:{id}",    to: "lease:{id}", type: string, ttl: required}
  - {from: "note:{n}",      to: "note:{n}", type: string, ttl: drop}
  - {from: "log:{n}",       to: "log:{n}", type: stream, members: texts}
  - {from: "retention",     to: "ttl", type: zset}
  - {from: "seen",          to: "seen", type: set}
  - {from: "recent",        to: "recent", type: list}
  - {from: "q:{c}:later",   to: "q:{c|lower}:later", type: list->zset, score: "{record.due}"}
  - {from: "settings",      to: "settings", type: hash}
  - {from: "tasks",         to: "tasks", type: hash}
leave: ["worker:{n}"]
invariants: ["conservation: id", "record.command == c", "record.priority <= 9"]
"""
HOOK = """\
def renamed(identity, record):
    return {"id": identity, "kind": record["command"], "priority": record["priority"]}
"""
ENTRIES = {
    "old:tasks": Entry(
        "hash",
        {
            f"t{n}": f'{{"command":"{"Mail" if n % 2 else "report"}","priority":{n % 3},"due":{n}}}'
            for n in range(9)
        },
        2 * HOUR,
    ),
    "old:q:Mail:pending": Entry("list", ["t7", "t5", "t1"], HOUR),
    "old:q:report:inprog": Entry("list", ["t6", "t4"], HOUR),
    "old:q:report:due": Entry("set", ["t0", "t2"], HOUR),
    "old:q:Mail:done": Entry("zset", {"t3": "1.5"}, HOUR),
    "old:lease:t6": Entry("string", "worker-1", HOUR),
    "old:note:a": Entry("string", "goes on", HOUR),
    "old:log:x": Entry("stream", {"1-1": '["a", "1"]', "1-2": '["a", "2", "b", "\\udcff"]'}, HOUR),
    "old:retention": Entry("zset", {"t1": "10", "t2": "20.25"}, HOUR),
    "old:seen": Entry("set", ["t1", "t2"], HOUR),
    "old:recent": Entry("list", ["t2", "t1"], HOUR),
    "old:q:Mail:later": Entry("list", ["t5", "t3"], HOUR),
    "old:settings": Entry("hash", {"a": "1", "b": "2"}, HOUR),
    "old:worker:1": Entry("string", "stays"),
}


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the example, where everything happens."""
    folder = copytree(ROOT / "examples" / "redis", tmp_path / "redis")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot("old:", dict(ENTRIES), SystemClock().now_ms())


@pytest.fixture
def declare(tmp_path: Path) -> Callable[[str], Declaration]:
    """Reads a plan from a text."""

    def read(text: str = PLAN) -> Declaration:
        (tmp_path / "hook.py").write_text(HOOK)
        (tmp_path / "plan.yaml").write_text(text)
        return read_declaration(tmp_path / "plan.yaml")

    return read


@pytest.fixture
def declaration(declare: Callable[[str], Declaration]) -> Declaration:
    return declare(PLAN)


@pytest.fixture(scope="session")
def valkey_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if real_redis.VALKEY is None:
        pytest.skip(real_redis.NO_VALKEY)
    with real_redis.running(tmp_path_factory.mktemp("valkey"), binary=real_redis.VALKEY) as url:
        yield url


REAL = [
    pytest.param("redis_url", marks=pytest.mark.redis, id="redis"),
    pytest.param("valkey_place", marks=pytest.mark.redis, id="valkey"),
]


@pytest.fixture(params=[pytest.param("", id="embedded"), *REAL])
async def bare(request: pytest.FixtureRequest) -> AsyncIterator[Server]:
    """An empty server of each kind."""
    server = await connect(request.getfixturevalue(request.param)) if request.param else embedded()
    await server.call("FLUSHALL")
    yield server
    await server.close()


@pytest.fixture(params=["redis7", "kvrocks27"])
async def server(request: pytest.FixtureRequest, bare: Server, snapshot: Snapshot) -> Server:
    """One of each kind and profile, with the old keyspace."""
    await restore(bare, snapshot.pieces())
    return bare if request.param == "redis7" else Kvrocks27(bare)
