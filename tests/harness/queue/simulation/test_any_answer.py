"""Whatever a Worker answers is judged: no checker, comparison or detector fails for it."""

import json
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.migrations.queue.checkers import CHECKERS
from harness.migrations.queue.comparisons import COMPARISONS
from harness.migrations.queue.explore.sometimes import met
from harness.migrations.queue.explore.system import worker_code
from harness.migrations.queue.hazards import DETECTORS
from harness.migrations.queue.rehearsal.rehearsal import Rehearsal, judged
from harness.migrations.queue.reports.rehearsal import as_json, as_text
from harness.migrations.queue.reports.simulation import Simulation
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import simulate
from harness.migrations.queue.worker import OURS
from harness.model.answers import MEMBERS, read_body
from harness.model.record import Call
from harness.sources.source import Source
from harness.terminal.output import json_text
from kvstore import NamespaceCopy

LINES = (
    "seed=3 strategy=guide tasks=3 leases=1 producers=1 daemons=2 polls=2",
    "seed=4 strategy=steps rollback=after tasks=3 leases=1 odd=corrupt,long-result daemons=1 runs=2",
    "seed=5 migration=safe strategy=zero-downtime tasks=2 leases=1 producers=1 daemons=2 claims=coordinator",
)


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(sorted(MEMBERS)), inner, max_size=6)


ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 10**30, 1.5, "slack_000", "", "\ud800", [], {}, [[None]], {"a": []}]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | _objects(inner), max_leaves=8
)
STATUSES = st.sampled_from([None, 200, 200, 204, 207, 301, 404, 500, 599])
ANSWERS = st.tuples(STATUSES, VALUES | _objects(VALUES))


@cache
def record_of(line: str) -> Record:
    return simulate(Scenario.read(line), worker_code(OURS))


def answered(record: Record, answers: list[tuple[int | None, Any]]) -> Record:
    """The record, but that the answers are these, in turn."""
    given = [(status, read_body(json.dumps(body))) for status, body in answers]

    def other(place: int, call: Call) -> Call:
        changed = copy(call)
        changed.status, changed.answer = given[place % len(given)]
        return changed

    calls = [other(place, call) for place, call in enumerate(record.calls)]
    judged = {name: other(place, call) for place, (name, call) in enumerate(record.judged.items())}
    return replace(record, calls=calls, judged=judged)


@pytest.mark.parametrize("line", LINES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ANSWERS, min_size=1, max_size=7))
def test_any_answer_is_judged(line: str, answers: list[tuple[int | None, Any]]) -> None:
    record = answered(record_of(line), answers)
    verdicts = [check(record) for check in CHECKERS.values()]
    for comparison in COMPARISONS:
        comparison.judge(record, verdicts, lambda: record_of(line))
    for detect in DETECTORS:
        detect(record)
    met(record)
    simulation = Simulation(record, verdicts)
    simulation.as_text()
    json.dumps(simulation.as_json())


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ANSWERS, min_size=1, max_size=9))
def test_any_answer_of_a_walk_is_judged_and_reported(answers: list[tuple[int | None, Any]]) -> None:
    record = answered(record_of("seed=6 walk=1 tasks=2 leases=1 conditions=local strategy=steps"), answers)
    source = Source("a namespace", NamespaceCopy(dict(record.start.entries)))
    rehearsal = Rehearsal(source, record, judged(record), 1.0, "rehearse queue")
    assert as_text(rehearsal)
    assert json_text(as_json(rehearsal))
