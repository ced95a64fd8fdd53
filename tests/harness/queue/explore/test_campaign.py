"""Campaigns: what is found, made small, told, and replayed; and the exit codes of the commands."""

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest

from harness.cli.rehearse import main
from harness.explore.tally import Tally, wording
from harness.explore.workforce import Here
from harness.migrations.queue.explore.campaign import Campaign, explore_faults
from harness.migrations.queue.explore.campaign_report import as_json, as_text, replay
from harness.migrations.queue.explore.sometimes import due
from harness.migrations.queue.explore.system import SearchError, worker_code
from harness.migrations.queue.simulation.drawing import draw
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import OURS
from harness.model.decision import Extent
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, NOT_STARTED, VIOLATED
from kvstore.faults import FAULTS

Job = TypeVar("Job")
Done = TypeVar("Done")


class OneProcess(Here):
    """A workforce without any other process, which does the last job first if it is told to."""

    def __init__(self, *, backwards: bool = False) -> None:
        self.backwards = backwards

    def do(self, work: Callable[[Job], Done], jobs: Sequence[Job]) -> Iterator[Done]:
        return map(work, reversed(jobs) if self.backwards else jobs)


_EXPLORE = "harness.migrations.queue.command.explore_schedules"
BASE = "conditions=local tasks=1 runs=1"


@pytest.fixture(scope="module")
def crashes() -> Campaign:
    return explore_faults(Scenario.read(BASE), ["crash"], OneProcess())


def test_every_operation_of_the_operator_has_its_fault(crashes: Campaign) -> None:
    assert crashes.tally.runs == crashes.tally.met["a crash"]
    assert f"{crashes.tally.runs} operations of the operators × crash, all there are" in crashes.what


def test_everyone_has_a_fault_at_every_operation() -> None:
    base = Scenario.read("conditions=local migration=safe strategy=steps tasks=0 producers=1 events=1 runs=1")
    operators = explore_faults(base, ["crash"], OneProcess())
    everyone = explore_faults(base, ["crash"], OneProcess(), everyone=True)
    assert f"{everyone.tally.runs} operations of everyone × crash, all there are" in everyone.what
    assert everyone.tally.runs == len(simulate(base, worker_code(OURS)).asked)
    assert everyone.tally.runs > operators.tally.runs > 0


def test_a_violation_is_made_small_and_seen_again(crashes: Campaign) -> None:
    assert crashes.decision.verdict == "no-go"
    for one in crashes.violations:
        key = (one.invariant, wording(one.finding.what))
        assert one.runs == crashes.tally.violations[key].runs
        assert one.scenario.size <= crashes.tally.violations[key].smallest.size
        assert len(one.finding.moments) <= 10
    numbers = [int(one.invariant[1:]) for one in crashes.violations]
    assert numbers == sorted(numbers)


def test_the_order_of_the_work_changes_nothing(crashes: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneProcess, "batch", 3)
    again = explore_faults(Scenario.read(BASE), ["crash"], OneProcess(backwards=True))
    assert {**as_json(again, 0), "discoveries": None} == {**as_json(crashes, 0), "discoveries": None}


def _campaign(conditions: str, met: Sequence[str]) -> Campaign:
    base, tally = Scenario(conditions=conditions), Tally(Extent(3, 3, 3, 3))
    tally.met.update(met)
    unmet = [name for name in due(base) if name not in tally.met]
    return Campaign("a few schedules", base, OURS, tally, [], [], unmet, 2)


def test_a_search_that_missed_something_is_inconclusive() -> None:
    search = _campaign("local", ["a crash"])
    assert "INCONCLUSIVE: nothing was violated, but this never happened: " in as_text(search, 1.5)
    assert "a rollback" in as_text(search, 1.5)
    assert as_json(search, 1.5)["conclusive"] is False


def test_a_search_that_met_everything_is_conclusive() -> None:
    search = _campaign("local", due(Scenario(conditions="local")))
    assert as_text(search, 1.5).endswith("GO: nothing was violated, and everything was met that should be")
    assert as_json(search, 1.5)["conclusive"] is True


def test_a_replay_is_a_command() -> None:
    scenario = draw(7, Scenario())
    command = shlex.split(replay(scenario, OURS))
    assert command[:3] == ["rehearse", "queue", "--scenario"]
    assert Scenario.read(command[3]) == scenario


def searched(*arguments: str) -> int:
    return main(["queue", "-q", "--jobs", "1", *arguments])


def test_a_search_by_command_and_its_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "search.json"
    arguments = ["--explore", "crashes", "--scenario", f"{BASE} tasks=0", "--faults", "crash"]
    assert searched(*arguments, "--json", str(report)) == VIOLATED
    text = capsys.readouterr().out
    document = json.loads(report.read_text())
    assert f"NO-GO: {len(document['violations'])} kinds of damage" in text
    one = document["violations"][0]
    assert one["replay"] in text
    assert main([*shlex.split(one["replay"])[1:], "-q"]) == VIOLATED
    assert one["what"] in " ".join(capsys.readouterr().out.split())


def test_too_few_schedules_are_inconclusive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Whatever is judged, nothing of it is violated here: what is left is that too little was met.
    monkeypatch.setattr(
        "harness.migrations.queue.command.explore_schedules", lambda *_: _campaign("local", [])
    )
    assert searched("--explore", "schedules", "--seeds", "3") == INCONCLUSIVE
    assert "INCONCLUSIVE" in capsys.readouterr().out
    everything = due(Scenario(conditions="local"))
    monkeypatch.setattr(
        "harness.migrations.queue.command.explore_schedules", lambda *_: _campaign("local", everything)
    )
    assert searched("--explore", "schedules", "--seeds", "3") == HELD


def test_a_search_that_fails_by_itself_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise SearchError("KeyError: 'broken', in seed=3")

    monkeypatch.setattr(_EXPLORE, fail)
    assert searched("--explore", "schedules") == NOT_STARTED
    assert capsys.readouterr().err == "rehearse: could not start: KeyError: 'broken', in seed=3\n"


def test_a_line_and_a_plan_are_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('conditions = "local"\ntasks = 2\nrollback = "after"\n')
    codes = [main(["queue", "-q", "--plan", str(plan), "--json", str(tmp_path / "plan.json")])]
    line = ["--scenario", "conditions=local tasks=2 rollback=after"]
    codes.append(main(["queue", "-q", *line, "--json", str(tmp_path / "line.json")]))
    assert codes == [VIOLATED, VIOLATED]
    assert (tmp_path / "plan.json").read_text() == (tmp_path / "line.json").read_text()
    assert "fingerprint" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--scenario", "tasks=many"], "tasks is 'many': it must be a whole number"),
        (["--scenario", "tasks"], "'tasks' is not a member of a scenario"),
        (["--plan", "none.toml"], "cannot read none.toml: No such file"),
        (["--seeds", "0", "--explore", "schedules"], "'0' are 0 seeds: a search takes 1 to"),
        (["--seeds", "9-3", "--explore", "schedules"], "'9-3'"),
        (["--seeds", "few", "--explore", "schedules"], "'few' is neither a count of seeds such as 1000"),
        (["--scenario", "", "--from", "x.json"], "--scenario and --plan say everything, and take no --from"),
        (["--scenario", "", "--migration", "safe"], "take no --migration"),
        (["--explore", "schedules", "--strategy", "guide"], "chooses for itself, and takes no --strategy"),
        (["--explore", "schedules", "--from", "x.json"], "chooses for itself, and takes no --from"),
        (["--explore", "schedules", "--scenario", "at_once=claim,claim"], "at_once is for --explore orders"),
        (["--claims", "coordinator"], "--claims is for --explore schedules and orders"),
        (["--explore", "crashes", "--claims", "coordinator"], "--claims is for --explore schedules"),
        (["--scenario", "seed=1", "--claims", "coordinator"], "say everything, and take no --claims"),
        (["--explore", "crashes", "--everyone"], "--everyone is for --explore crashes with --scenario"),
        (["--faults", "slow"], "--faults is for --explore crashes"),
        (["--explore", "crashes", "--faults", "dropped"], "--faults dropped: for --scenario or --plan"),
        (
            ["--explore", "crashes", "--scenario", "", "--faults", "breakdown"],
            "strikes daemons: add --everyone",
        ),
        (["--everyone", "--scenario", "seed=1"], "--everyone is for --explore crashes with --scenario"),
    ],
)
def test_flags_that_exclude_each_other_are_bad_usage(
    arguments: list[str], error: str, bad_usage: Callable[..., str]
) -> None:
    assert error in bad_usage("queue", *arguments)


def test_fault_search_visits_operations_that_follow_a_fault() -> None:
    base = Scenario.read("conditions=local strategy=steps tasks=3 runs=1 faults=outage@operator-1.2:3")
    record = simulate(base, worker_code(OURS))
    asked = [event for event in record.asked if event.invocation.startswith("operator")]
    search = explore_faults(base, ["crash", "refused"], OneProcess())
    assert f"{len(asked)} operations of the operators × crash, refused, all there are" in search.what
    assert (
        search.tally.runs
        == 2 * len(asked)
        == search.tally.met["a crash"] + search.tally.met["an operation refused"]
    )
    assert search.notes == ()


@pytest.mark.parametrize("kind", FAULTS)
def test_every_kind_of_fault_can_be_searched(kind: str) -> None:
    base = Scenario.read("conditions=local tasks=1 runs=1 daemons=1 polls=1")
    search = explore_faults(base, [kind], OneProcess(), everyone=True)
    assert sum(search.tally.fired.values()) == search.tally.runs > 0


def test_a_fault_that_does_not_happen_is_said_and_concludes_nothing() -> None:
    base = Scenario.read("conditions=local tasks=0 runs=1 daemons=1 polls=2")
    search = explore_faults(base, ["breakdown"], OneProcess(), everyone=True)
    assert search.notes[0].startswith(
        "Of 2 faults 2 did not happen, and stand for nothing: breakdown@daemon-1.1"
    )
    assert search.decision.unmet == ["no planned fault ever happened"]


def test_an_operation_has_one_number() -> None:
    for seed in range(60):
        record = simulate(draw(seed, Scenario(conditions="hostile")), worker_code(OURS))
        for call in record.calls:
            assert call.operations == len(record.operations.get(call.name, ()))
