"""A crash before every command: survived on every kind of server, found where it is not, and shown again."""

import json
import shlex
from dataclasses import replace
from functools import partial
from pathlib import Path

import anyio
import pytest

from harness import ParameterError, Shown, shrunk
from harness.cli.rehearse import main
from harness.migrations.redis.crashes import Scenario, resumption
from harness.migrations.redis.keyspace.crash import Crashing
from harness.migrations.redis.keyspace.passwords import opened
from harness.migrations.redis.keyspace.snapshot import Snapshot
from harness.migrations.redis.moving.move import Settings
from harness.migrations.redis.moving.mover import Mover
from harness.migrations.redis.planfile.declaration import TYPES, Declaration
from harness.migrations.redis.rehearsal import carried_out, simulated
from harness.terminal.exit_codes import VIOLATED
from kvstore.clock import ManualClock
from kvstore.faults import Fault
from tests.harness.codeq.conftest import embedded_as
from tests.harness.redis.conftest import REAL
from worker.codeq import PROFILES, ServerError, embedded

pytestmark = pytest.mark.anyio

AT_ONCE = Settings(freeze_seconds=0, chunk=2)


@pytest.mark.parametrize(
    ("profile", "elsewhere"), [*((profile, False) for profile in PROFILES), (PROFILES[0], True)]
)
def test_every_crash_there_and_back_is_survived(
    declaration: Declaration, snapshot: Snapshot, profile: str, elsewhere: bool
) -> None:
    found = resumption(declaration, snapshot, embedded_as(profile), AT_ONCE, elsewhere=elsewhere).explore()
    assert found.broken == []
    assert found.there > 50
    assert found.back >= 5
    assert found.decision.verdict == "go"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("url", REAL)
def test_every_crash_is_survived_on_real_servers(
    request: pytest.FixtureRequest, declaration: Declaration, snapshot: Snapshot, url: str, profile: str
) -> None:
    place_of = request.getfixturevalue(url)

    async def flush() -> None:
        async with opened(place_of) as server:
            await server.call("FLUSHALL")

    anyio.run(flush)
    place = partial(opened, place_of, profile=profile)
    found = resumption(declaration, snapshot, lambda clock: place(), AT_ONCE, url=place_of).explore()
    assert found.broken == []
    assert found.there > 50


def test_every_type_is_in_the_plan_that_crashes_everywhere(declaration: Declaration) -> None:
    assert {rule.type for rule in declaration.rules} == set(TYPES)


def test_a_move_that_begins_anew_is_found(
    declaration: Declaration, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(*_: object) -> dict[str, int]:
        return {}

    async def unchecked(*_: object) -> None: ...

    monkeypatch.setattr(Mover, "_counts", forgetful)
    monkeypatch.setattr(Mover, "_check_counts", unchecked)
    system = resumption(declaration, snapshot, embedded_as(), replace(AT_ONCE, keep_source=True))
    found = system.explore()
    assert any("different after the way there: " in text for text in found.broken)
    assert found.decision.verdict == "no-go"
    # A second crash is left out of what shows it.
    twice = (*found.damage[0].scenario.faults, Fault("crash", 3, "back.1"))
    shown = Shown(system.undisturbed()[0], found.damage[0].key, Scenario(faults=twice))
    assert shown.by(shown.scenario)
    assert len(shrunk(shown).scenario.faults) == 1


def test_a_crash_that_never_happens_says_nothing(declaration: Declaration, snapshot: Snapshot) -> None:
    system, _ = resumption(declaration, snapshot, embedded_as(), AT_ONCE).undisturbed()
    seen = system.seen(system.simulate(Scenario.read("faults=crash@there.1:9,crash@there.2:5000")))
    assert (seen.looked.planned, seen.looked.fired, list(seen.fired)) == (2, 1, ["crash@there.1:9"])
    assert [one.held for one in seen.verdicts] == [True]


def test_a_finding_is_shown_again_by_its_command(
    example: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgetful(*_: object) -> dict[str, int]:
        return {}

    async def unchecked(*_: object) -> None: ...

    monkeypatch.setattr(Mover, "_counts", forgetful)
    monkeypatch.setattr(Mover, "_check_counts", unchecked)
    search = ["redis", "plan.yaml", "--from", "rq.jsonl", "-q", "--keep-source", "--explore", "crashes"]
    assert main([*search, "--json", "-"]) == VIOLATED
    (found, *_) = json.loads(capfd.readouterr().out)["findings"]
    assert found["replay"].startswith("rehearse redis plan.yaml --from rq.jsonl -q --keep-source --scenario ")
    assert main(shlex.split(found["replay"])[1:]) == VIOLATED
    out = capfd.readouterr().out
    assert found["what"] in out
    assert "killed before " in out
    assert f"Again: {found['replay']}" in out


@pytest.mark.parametrize("fault", ["refused@there.1:3", "crash@operator.1:3", "crash@there:3"])
def test_a_scenario_names_a_run_of_a_way(fault: str) -> None:
    with pytest.raises(ParameterError, match=r"cannot happen here: write crash@there\.1:7"):
        Scenario.read(f"faults={fault}")


async def test_a_crash_counts_once_for_all_that_only_reads() -> None:
    server = Crashing(embedded())
    await server.call("GET", "a")  # 0: nothing was written before it
    await server.call("SET", "a", "1")
    await server.pipeline([("GET", "a"), ("TYPE", "a"), ("SET", "b", "1"), ("SET", "c", "1")])  # 2, 5
    await server.transaction([("SET", "d", "1"), ("PEXPIRE", "d", 1000)])  # 6
    with pytest.raises(ServerError):
        await server.transaction([("NO-SUCH-COMMAND",)])  # 7; it wrote nothing
    await server.call("DEL", "a")
    assert server.count == 9
    assert server.points == [0, 2, 5, 6, 7]


def test_what_is_embedded_is_simulated_and_a_hundred_commands_take_a_millisecond() -> None:
    async def spend() -> int:
        clock = simulated(ManualClock(5000))
        async with opened(None, clock=clock) as server:
            for _ in range(250):
                await server.call("PING")
            await server.pipeline([("PING",)] * 50)
        return clock.now_ms()

    assert carried_out(spend(), None) == 5003
