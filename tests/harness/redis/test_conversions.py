"""Every type that a plan may name, on every kind of server: what becomes of its members, and of its end."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.migrations.redis.keyspace.snapshot import Entry, Snapshot, read_snapshot, restore
from harness.migrations.redis.moving.migrator import Migrator
from harness.migrations.redis.moving.move import Move, Settings
from harness.migrations.redis.planfile.declaration import TYPES, Declaration
from kvstore.clock import SystemClock
from tests.harness.redis.conftest import HOUR
from worker.codeq import Kvrocks27, Server

pytestmark = pytest.mark.anyio

# By type: what the key holds, and what its new one does. The records' score is their length.
HELD: dict[str, tuple[Any, Any]] = {
    "string": ("text", "text"),
    "hash": ({"a": "1", "bb": "2"}, {"a": "1", "bb": "2"}),
    "list": (["bb", "a", "bb"], ["bb", "a", "bb"]),
    "set": (["a", "bb"], ["a", "bb"]),
    "zset": ({"bb": "1.5", "a": "2"}, {"bb": "1.5", "a": "2"}),
    "stream": ({"1-1": '["f", "1"]', "1-2": '["f", "2"]'}, {"1-1": '["f", "1"]', "1-2": '["f", "2"]'}),
    "list->set": (["bb", "a"], ["a", "bb"]),
    "zset->list": ({"bb": "1", "a": "2"}, ["bb", "a"]),
    "set->zset": (["a", "bb"], {"a": "1", "bb": "2"}),
    "list->zset": (["bb", "a"], {"a": "1", "bb": "2"}),
}


def plan(kind: str) -> str:
    score = ', score: "{record.score}"' if kind.endswith("->zset") else ""
    return f"""\
source: "old:"
target: "new:"
records: {{key: tasks, id: field, parse: json}}
keys:
  - {{from: "key:{{n}}", to: "made:{{n}}", type: {kind}, ttl: required{score}}}
  - {{from: "tasks", to: "tasks", type: hash}}
"""


@pytest.mark.parametrize("keep", [False, True], ids=["moved", "copied"])
@pytest.mark.parametrize("kvrocks", [False, True], ids=["redis7", "kvrocks27"])
@pytest.mark.parametrize("kind", TYPES)
async def test_every_type_becomes_what_is_said_and_keeps_its_end(
    bare: Server, declare: Callable[[str], Declaration], kind: str, kvrocks: bool, keep: bool
) -> None:
    was, becomes = HELD[kind]
    records = Entry("hash", {name: f'{{"score":{len(name)}}}' for name in ("a", "bb")})
    held = {"old:key:1": Entry(kind.partition("->")[0], was, HOUR), "old:tasks": records}
    await restore(bare, Snapshot("old:", held).pieces())
    server = Kvrocks27(bare) if kvrocks else bare
    settings = Settings(keep_source=keep, freeze_seconds=0)
    done = await Migrator(Move(declare(plan(kind)), server, server, SystemClock(), settings)).apply()
    assert [one.name for one in done.verdicts if not one.held] == []
    made = (await read_snapshot(server, "new:")).entries["new:made:1"]
    assert (made.type, made.value) == (kind.rpartition("->")[2], becomes)
    assert HOUR - 60_000 < made.pttl <= HOUR
    assert await server.call("EXISTS", "old:key:1") == int(keep or kvrocks)


def test_no_type_is_forgotten() -> None:
    assert set(HELD) == set(TYPES)
