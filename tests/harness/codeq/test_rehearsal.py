"""The whole rehearsal, both options, on both kinds of server."""

import pytest

from harness.migrations.codeq.legacy_state import PREFIX
from harness.migrations.codeq.option_b.plan import Settings
from harness.migrations.codeq.rehearsal.literal import literal, on_codeq
from harness.migrations.codeq.rehearsal.rehearse import Choices, rehearse
from harness.migrations.codeq.services.local import Services
from harness.migrations.redis.keyspace.errors import Refused
from harness.migrations.redis.keyspace.pieces import keys_under
from harness.migrations.redis.keyspace.snapshot import Snapshot
from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from worker.codeq import MOVE_SCRIPT, Kvrocks27, Server

pytestmark = pytest.mark.anyio


async def rehearsed(server: Server, legacy: Snapshot, clock: ManualClock, choices: Choices) -> list[str]:
    """The invariants that were violated."""
    await server.call("FLUSHALL")
    done = await rehearse(server, legacy, clock, SeededEntropy(1), choices)
    assert await keys_under(server, "") == []
    return [one.invariant for one in done.violated]


@pytest.mark.parametrize("option", ["a", "b"])
async def test_a_sound_keyspace_passes(
    server: Server, legacy: Snapshot, clock: ManualClock, option: str, claim_script: str
) -> None:
    settings = Settings(freeze_seconds=0, claim_script=claim_script)
    assert await rehearsed(server, legacy, clock, Choices(option, settings)) == []


@pytest.mark.parametrize("option", ["a", "b"])
async def test_on_kvrocks_27_codeqs_own_claim_script_is_missed_and_nothing_else(
    kvrocks27: Server, legacy: Snapshot, clock: ManualClock, option: str
) -> None:
    await kvrocks27.call("SCRIPT LOAD", MOVE_SCRIPT)  # the script of the codeQ that is here is not codeQ's
    assert await rehearsed(kvrocks27, legacy, clock, Choices(option)) == ["V5", "V9"]


async def test_a_freeze_longer_than_the_leases_is_found(
    redis7: Server, legacy: Snapshot, clock: ManualClock
) -> None:
    assert await rehearsed(redis7, legacy, clock, Choices(freeze=400)) == ["V3"]


async def test_option_a_reports_what_stalls(redis7: Server, legacy: Snapshot, clock: ManualClock) -> None:
    legacy.entries["legacy:q:unknown:pending"] = legacy.entries["legacy:q:generate_master:pending"]
    await redis7.call("FLUSHALL")
    done = await rehearse(redis7, legacy, clock, SeededEntropy(1), Choices("a", deadline=5))
    assert [one.invariant for one in done.violated] == ["A1"]
    assert done.drained is not None
    assert "unknown" in str(done.drained.stalls[0])
    assert "pending, and no worker took it" in str(done.drained.stalls[0])


async def test_a_server_in_use_is_not_rehearsed_on(
    redis7: Server, legacy: Snapshot, clock: ManualClock
) -> None:
    with pytest.raises(Refused, match="a rehearsal works on a server of its own"):
        await rehearse(redis7, legacy, clock, SeededEntropy(1), Choices())
    assert len(await keys_under(redis7, PREFIX)) == len(legacy.entries)


async def test_the_guides_words_on_redis_7(redis7: Server) -> None:
    assert [(one.words, one.worked) for one in await literal(redis7)] == [
        ("RENAMENX per key", True),
        ("DUMP/RESTORE per key", True),
        ("LRANGE + SADD + DEL on one key", False),
        ("LRANGE + DEL + SADD on one key", False),
    ]
    assert await keys_under(redis7, "understudy:") == []


async def test_the_guides_words_on_kvrocks_27(kvrocks27: Server) -> None:
    found = {one.words: one for one in await literal(kvrocks27)}
    assert found["RENAMENX per key"].answer == "ERR unknown command `RENAMENX`"
    assert "copy by reading and writing" in found["RENAMENX per key"].instead
    assert found["LRANGE + SADD + DEL on one key"].answer.startswith("ERR Invalid argument: WRONGTYPE")
    assert not any(one.worked for one in found.values())


@pytest.mark.parametrize(
    ("kind", "answer"), [("redis7", "204"), ("kvrocks27", '500 {"error":"claim move script: ERR NOSCRIPT')]
)
async def test_codeq_answers_the_steps_of_the_guide(
    redis7: Server, clock: ManualClock, kind: str, answer: str
) -> None:
    server = redis7 if kind == "redis7" else Kvrocks27(redis7)
    await server.call("FLUSHALL")
    await server.call("SCRIPT FLUSH")
    services = Services(server, clock, SeededEntropy(1))
    started, hyphen = await on_codeq(services)
    await services.close()
    assert started.answer.startswith(f"a claim answers {answer}")
    assert (started.worked, "SCRIPT LOAD" in started.instead) == (kind == "redis7", kind != "redis7")
    assert hyphen.answer == (
        "a claim answers 204, /admin/queues counts 0: 1 id waits in codeq:q:generate-master:pending:0"
    )
    assert not hyphen.worked
    assert await keys_under(server, "") == []


async def test_with_tiers_the_higher_priority_is_handed_out_first(
    server: Server, legacy: Snapshot, clock: ManualClock, claim_script: str
) -> None:
    choices = Choices(settings=Settings(freeze_seconds=0, split=True, claim_script=claim_script))
    await server.call("FLUSHALL")
    done = await rehearse(server, legacy, clock, SeededEntropy(1), choices)
    assert [one.invariant for one in done.violated] == []
    assert done.verdicts[-1].invariant == "D5"


@pytest.mark.parametrize(
    ("key", "value", "violated", "words"),
    [
        ("legacy:tasks", {"x": "{no json"}, {"V1", "V6", "V7"}, "that codeQ cannot read"),
        ("legacy:q:generate_master:pending", ["ghost"], {"V6", "D1"}, "queued id without a task"),
    ],
)
async def test_defects_are_rehearsed_and_named(
    redis7: Server,
    legacy: Snapshot,
    clock: ManualClock,
    key: str,
    value: dict[str, str] | list[str],
    violated: set[str],
    words: str,
) -> None:
    entry = legacy.entries[key]
    if isinstance(value, dict):
        entry.value.update(value)
    else:
        entry.value[:0] = value
    await redis7.call("FLUSHALL")
    done = await rehearse(redis7, legacy, clock, SeededEntropy(1), Choices())
    assert {one.invariant for one in done.violated} == violated
    assert any("migrate would refuse this" in note and words in note for note in done.notes)
