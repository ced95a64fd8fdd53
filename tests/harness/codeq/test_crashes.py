"""The crash search finds nothing in the migrator, and does find a step that cannot be repeated."""

from collections.abc import Sequence

import anyio
import pytest

from harness.cli.rehearse import main
from harness.migrations.codeq.option_b.crashes import resumption
from harness.migrations.codeq.option_b.plan import Settings
from harness.migrations.codeq.services.seed import Shape, seed
from harness.migrations.redis.back.inverse import Inverse
from harness.migrations.redis.crashes import Search
from harness.migrations.redis.mapping.plan import Step
from harness.migrations.redis.moving.mover import Mover
from harness.migrations.redis.planfile.declaration import Rule
from harness.terminal.exit_codes import HELD
from kvstore.clock import ManualClock
from kvstore.entropy import SeededEntropy
from tests.harness.codeq.conftest import embedded_as
from worker.codeq import PROFILES, connect


def explored(clock: ManualClock, tasks: int = 20, profile: str = PROFILES[0]) -> Search:
    source = seed(Shape(tasks), clock, SeededEntropy(1))
    return resumption(source, embedded_as(profile), Settings(chunk=3)).explore()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_crash_of_either_mode_is_survived(clock: ManualClock, profile: str) -> None:
    found = explored(clock, profile=profile)
    assert min(found.there, found.back) > 20
    assert found.broken == []


def test_a_copy_that_always_begins_anew_is_found(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgetful(mover: Mover, batch: Sequence[Step], rule: Rule) -> dict[str, int]:
        return await counted(mover, batch, rule) if rule.becomes != "list" else {}

    async def unchecked(*_: object) -> None: ...

    counted = Mover._counts
    monkeypatch.setattr(Mover, "_counts", forgetful)
    monkeypatch.setattr(Mover, "_check_counts", unchecked)
    found = explored(clock, profile="kvrocks27")
    assert any("different after the way there: codeq:q:" in text for text in found.broken)


def test_a_way_back_that_puts_ids_back_twice_is_found(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def in_two_commands(back: Inverse, key: str, source: str) -> int:
        ids = await back._server.call("SMEMBERS", key)
        await back._server.call("RPUSH", source, *ids)
        await back._server.call("DEL", key)
        return len(ids)

    monkeypatch.setattr(Inverse, "_set_back", in_two_commands)
    found = explored(clock, 10)
    assert [text.partition(" of the way ")[2] for text in found.broken] == [
        "back: 1 key is different after the way back: legacy:q:generate_creative:inprog"
    ]
    (damage,) = found.damage
    assert damage.scenario.read(str(damage.scenario)) == damage.scenario
    assert len(damage.scenario.faults) == damage.runs == 1


@pytest.mark.redis
def test_every_crash_on_a_real_server_is_survived_and_nothing_is_left(
    redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async def keys(*commands: str) -> int:
        server = await connect(redis_url)
        for command in commands:
            await server.call(command)
        found: int = await server.call("DBSIZE")
        await server.close()
        return found

    anyio.run(keys, "FLUSHALL")
    assert main(["codeq", "--tasks", "6", "--redis", redis_url, "--explore", "crashes", "-q"]) == HELD
    assert "GO: every one ends in the same state" in capsys.readouterr().out
    assert anyio.run(keys) == 0
