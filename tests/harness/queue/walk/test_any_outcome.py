"""Whatever a Worker answers in a walk is judged and reported: no invariant and no report fails for it."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harness import Call
from harness.answers import read_body
from harness.migrations.queue.walk.invariants import judge
from harness.migrations.queue.walk.outcome import Outcome, Run
from harness.migrations.queue.walk.report import Rehearsal, as_json, as_text
from harness.sources.source import Source
from harness.terminal.document import json_text
from kvstore import NamespaceCopy
from kvstore.conditions import CONDITIONS
from tests.harness.queue.simulation.test_any_answer import ANSWERS
from tests.harness.queue.walk.outcomes import faultless


def answered(outcome: Outcome, answers: list[tuple[int | None, Any]]) -> Outcome:
    """The outcome, but that the answers are these, in turn."""
    given_ones = iter([(status or 500, read_body(json.dumps(body))) for status, body in answers] * 10)

    def other(exchange: Call) -> Call:
        status, body = next(given_ones)
        return replace(exchange, status=status, answer=body)

    def run(one: Run) -> Run:
        return replace(one, report=other(one.report))

    return replace(
        outcome,
        status_before=other(outcome.status_before),
        runs=[run(one) for one in outcome.runs],
        status_after=other(outcome.status_after),
        rerun=run(outcome.rerun),
        listing=other(outcome.listing),
        calls=[other(one) for one in outcome.calls],
    )


@settings(deadline=None, max_examples=100)
@given(st.lists(ANSWERS, min_size=1, max_size=9))
def test_any_answer_of_a_walk_is_judged_and_reported(answers: list[tuple[int | None, Any]]) -> None:
    outcome = answered(faultless(), answers)
    verdicts = judge(outcome)
    source = Source("a namespace", NamespaceCopy(dict(outcome.before.entries)))
    rehearsal = Rehearsal(
        source, "steps", "documented", CONDITIONS["local"], outcome, verdicts, 1.0, "rehearse queue"
    )
    assert as_text(rehearsal)
    assert json_text(as_json(rehearsal))
