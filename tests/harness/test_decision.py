"""No GO where nothing was looked at, and no check that holds without a word on what it looked at."""

import argparse
import json
from pathlib import Path

import pytest

from harness.cli.rehearse import main
from harness.migrations.codeq.operations import OPERATIONS
from harness.migrations.queue.checkers import CHECKERS, judge_walk
from harness.migrations.queue.comparisons import COMPARISONS
from harness.migrations.queue.explore.system import judgement
from harness.migrations.queue.rehearsal.rehearsal import walked_at
from harness.migrations.queue.worker import OURS
from harness.migrations.redis.keyspace.errors import Refused
from harness.model.decision import Decision, Extent
from harness.model.verdict import Verdict
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, VIOLATED
from tests.harness.queue.simulation.runs import run
from tests.harness.queue.walks import walked
from worker.codeq import embedded

SEEN = Extent(runs=1, requests=8, operations=20, moved=3)


@pytest.mark.parametrize(
    ("decision", "verdict", "exit_code"),
    [
        (Decision([], SEEN), "go", HELD),
        (Decision(["I1 Conservation"], SEEN), "no-go", VIOLATED),
        (Decision(["I1 Conservation"], SEEN, ["a crash never happened"]), "no-go", VIOLATED),
        (Decision([], SEEN, ["a crash never happened"]), "inconclusive", INCONCLUSIVE),
        (Decision([], Extent()), "inconclusive", INCONCLUSIVE),
        (Decision([], Extent(runs=1)), "inconclusive", INCONCLUSIVE),
        (Decision(["deadlock"], Extent(runs=1)), "no-go", VIOLATED),
        (Decision([], Extent(runs=1, requests=8)), "inconclusive", INCONCLUSIVE),
        (Decision(["I1 Conservation"], Extent(runs=1, requests=8)), "inconclusive", INCONCLUSIVE),
        (Decision([], Extent(runs=1, requests=8, operations=20)), "inconclusive", INCONCLUSIVE),
        (Decision([], None), "go", HELD),
    ],
)
def test_a_decision_follows_from_what_is_violated_and_what_was_looked_at(
    decision: Decision, verdict: str, exit_code: int
) -> None:
    assert (decision.verdict, decision.exit_code) == (verdict, exit_code)
    assert bool(decision.reasons) == (verdict != "go")
    assert decision.as_text("go", "no").startswith(f"{verdict.upper()}: ")


def test_decision_adds_up_the_counts_of_several_runs() -> None:
    assert SEEN + Extent(1, 1, 1, 1, 1, 1) == Extent(2, 9, 21, 4, 1, 1)


@pytest.fixture
def empty(tmp_path: Path) -> str:
    (tmp_path / "empty.json").write_text("[]")
    return str(tmp_path / "empty.json")


LOCAL = "conditions=local migration=safe strategy=zero-downtime"
NOTHING = {
    "a walk": ["--from", "EMPTY", "--migration", "safe"],
    "a walk whose fault never comes": ["--migration", "safe", "--fault", "crash@99999"],
    "crashes": ["--from", "EMPTY", "--migration", "safe", "--explore", "crashes", "--jobs", "1"],
    "crashes of a plan": ["--explore", "crashes", "--faults", "crash", "--scenario", f"{LOCAL} tasks=0"],
    "orders": ["--explore", "orders", "--scenario", "tasks=0 at_once=claim,claim"],
    "orders of what only reads": ["--explore", "orders", "--scenario", "tasks=2 at_once=list,list"],
    "one run": ["--scenario", f"{LOCAL} tasks=0"],
    "one run whose fault never comes": ["--scenario", f"{LOCAL} tasks=2 faults=crash@operator-9.9:1"],
    "an opinion": ["--promises", "G44", "--jobs", "1"],
}


@pytest.mark.parametrize("name", NOTHING)
def test_nothing_looked_at_is_inconclusive_and_says_why(
    name: str, empty: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [empty if one == "EMPTY" else one for one in NOTHING[name]]
    assert main(["queue", "-q", *arguments, "--json", str(tmp_path / "report.json")]) == INCONCLUSIVE
    report = json.loads((tmp_path / "report.json").read_text())
    said = " ".join(capsys.readouterr().out.split())
    assert report["verdict"] == "inconclusive"
    assert report["reasons"]
    assert f"INCONCLUSIVE: nothing was violated, but {report['reasons'][0]}" in said


@pytest.mark.parametrize("option", ["a", "b"])
def test_a_legacy_keyspace_without_keys_is_inconclusive(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["codeq", "-q", "--tasks", "0", "--option", option]) == INCONCLUSIVE
    assert (
        "INCONCLUSIVE: nothing was violated, but the source holds no legacy: key" in capsys.readouterr().out
    )
    assert main(["codeq", "-q", "--tasks", "10", "--option", option, "--json", "-"]) == HELD
    assert json.loads(capsys.readouterr().out)["verdict"] == "go"


@pytest.mark.anyio
async def test_a_server_without_legacy_keys_has_not_been_drained() -> None:
    with pytest.raises(Refused, match="no legacy: keys here"):
        await OPERATIONS["migrate"](embedded(), argparse.Namespace(option="a", apply=False, deadline=1))


def vacuous(verdicts: list[Verdict]) -> set[str]:
    return {one.invariant for one in verdicts if one.is_vacuous}


def test_a_walk_with_something_for_every_checker_has_no_vacuous_verdict() -> None:
    assert vacuous(judge_walk(walked(2, 1, "safe"))) == set()


def test_a_walk_on_an_empty_namespace_looks_at_what_was_answered() -> None:
    record = walked(0, entries={})
    looked = {one.invariant: one.looked for one in judge_walk(record)}
    # A run's answer and its writes, a second run and the status are there all the same.
    assert {name for name, count in looked.items() if count} == {"I11", "I16", "I17", "I25"}
    assert walked_at(record).moved == 0


BUSY = (
    "conditions=local tasks=2 leases=1 daemons=1 producers=1 runs=1",
    f"{LOCAL} tasks=3 leases=1 daemons=2 producers=1 page=2",
    "conditions=production migration=safe strategy=zero-downtime tasks=2 daemons=1 rollback=after",
    "conditions=production migration=safe tasks=2 page=1 faults=crash@operator-1.2:3",
)


def test_every_checker_of_a_simulation_has_something_to_look_at_in_some_run() -> None:
    looked = dict.fromkeys([*CHECKERS, *(one.invariant for one in COMPARISONS)], 0)
    for line in BUSY:
        for one in judgement(OURS).verdicts(run(line)):
            looked[one.invariant] += one.looked
    assert [name for name, count in looked.items() if not count] == []


def test_a_simulation_without_tasks_names_what_it_had_nothing_to_look_at() -> None:
    verdicts = judgement(OURS).verdicts(run("conditions=local odd=pending-absent tasks=0 runs=1"))
    assert {"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I24"} <= vacuous(verdicts)
