"""``rehearse mutate queue``: small mistakes in the queue's Worker, and what is tried for each."""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.migrations.queue import mutated
from harness.migrations.queue.explore.probes import BUSY, interleaved
from harness.migrations.queue.explore.variations import varied
from harness.migrations.queue.mutated import LoadQueue, ReachSearch, whole
from harness.migrations.queue.simulation.requests import KINDS
from harness.migrations.queue.simulation.scenario import Claims, Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.mutation.hunt import NOTICED, Hunter, Probe
from harness.mutation.mutant import Mutant
from harness.mutation.python.lines import lines_of
from harness.mutation.reach import Reaching
from harness.mutation.results import drawn, mutants_in
from harness.system.code import WorkerCode

# A fresh sample is small: it is hunted each time, and adds up.
SAMPLE = 6
SECONDS = 3
DUAL = "taskqueue/formats/dual.py"


def mistake(before: str, after: str) -> Mutant:
    """``after`` in place of the first ``before`` in the format for both."""
    text = (QUEUE_WORKER / "src" / DUAL).read_text(encoding="utf-8")
    start = text.index(before)
    line = text.count("\n", 0, start) + 1
    return Mutant("test", DUAL, line, len(text[:start].encode()), before, after)


def mutate(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, dict[str, Any]]:
    """The exit code, the text, and the report."""
    given = ["mutate", "queue", "--jobs", "2", "-q", "--json", str(folder / "report.json")]
    code = main([*given, *more])
    return code, capsys.readouterr().out, json.loads((folder / "report.json").read_text())


def test_a_sample_is_hunted_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutated, "PROBES", 4)
    _, text, report = mutate(tmp_path, capsys, "--sample", "1", "--seed", "7", "--seconds", "1")
    assert report["hunted"] == 1
    assert "4 scenarios" in text
    assert "--seed 7" in text


def test_a_mistake_meets_what_reaches_its_line_and_then_what_is_like_that() -> None:
    one = mistake("await self.kv.put(keys.NEW.task", "await self.kv.put(keys.OLD.task")
    first, other = map(Probe, BUSY[:2])
    reaching = Reaching(QUEUE_WORKER / "src", [first, other], {(DUAL, one.line): 0b10}, {}, varied)
    tried = [probe.scenario for probe in islice(reaching(one), 20)]
    assert tried[0] == other.scenario
    assert first.scenario not in tried
    assert len(set(tried)) == len(tried)


def test_a_mistake_in_a_value_meets_only_what_it_changes_a_value_in() -> None:
    one = mistake("await self.kv.put(keys.NEW.task", "await self.kv.put(keys.OLD.task")
    first, other = map(Probe, BUSY[:2])
    reaching = Reaching(QUEUE_WORKER / "src", [first, other], {(DUAL, one.line): 0b10}, {one: 0b01}, varied)
    assert next(iter(reaching(one))) == first
    assert list(replace(reaching, changing={one: 0})(one)) == []


def test_where_no_value_changes_a_run_is_the_same() -> None:
    mutants = mutants_in(QUEUE_WORKER / "src", WorkerCode(QUEUE_WORKER).sources)
    search = ReachSearch(QUEUE_WORKER, tuple(drawn(mutants, 200, seed=6)))
    seen, _ = search(BUSY[1])
    lines = {at: lines_of(one, QUEUE_WORKER / "src") for at, one in search.counting.compared.items()}
    able = [at for at, some in lines.items() if at not in seen.changed and seen.lines & (some or set())]
    assert len(able) > 5
    for at in able[:5]:
        code = WorkerCode(QUEUE_WORKER, search.mutants[at].texts(QUEUE_WORKER / "src"))
        assert whole(simulate(BUSY[1], code)) == seen.whole, search.mutants[at]
        code.close()


def test_variations_are_scenarios_and_the_same_ones_for_a_name() -> None:
    near = [BUSY[0], Scenario.read("migration=safe at_once=list,run format=dual order=a3b99")]
    found = list(islice(varied(near, "name"), 40))
    assert found == list(islice(varied(near, "name"), 40))
    assert [Scenario.read(str(one)) for one in found] == found
    assert not list(varied([], "name"))


@pytest.mark.parametrize("claims", ["coordinator", "kv"])
def test_every_pair_of_requests_meets_before_any_meets_again(claims: Claims) -> None:
    code = WorkerCode(QUEUE_WORKER)
    pairs = {(a, b) for a in KINDS for b in KINDS if {a, b} != {"run", "rollback"}}
    found = list(islice(interleaved(lambda one: simulate(one, code), claims), len(pairs)))
    assert {one.at_once for one in found} == pairs
    assert {one.claims for one in found} == {claims}
    assert all(one.format == "dual" for one in found if {"run", "rollback"} & {*one.at_once})


def test_a_mistake_is_noticed_by_what_it_violates() -> None:
    one = mistake('stringify({**(task or {}), "status": status,', 'stringify({"status": status,')
    hunt = Hunter(LoadQueue(QUEUE_WORKER), lambda mutant: [Probe(BUSY[0])], 60)(one)
    assert hunt.outcome == NOTICED
    assert hunt.by.startswith("I")


@pytest.mark.mutants
def test_of_a_fresh_sample_some_that_make_a_difference_are_noticed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--sample", str(SAMPLE), "--seconds", str(SECONDS), "--at-least", "1"]
    code, text, report = mutate(tmp_path, capsys, *given)
    with capsys.disabled():
        print(f"\n{text}")
    assert report["hunted"] == SAMPLE
    differing = report["noticed"] + report["survived"]
    assert code == (0 if report["noticed"] else 1 if differing else 4), text
    assert report["noticed"] or differing < 3, text  # of one or two none may be noticed, by chance
