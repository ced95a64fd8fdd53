"""Completions that come too late, or after a release: H39, H40."""

import itertools

from harness import Call
from harness.migrations.queue.hazards.case import Case, Diagnosis, diagnosed
from harness.migrations.queue.hazards.claim import claims, held
from harness.migrations.queue.layout import RESULT
from harness.migrations.queue.simulation.expectation import task_of
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.simulation.timeline import of_call, of_write
from kvstore import Event


def late_result(record: Record) -> Diagnosis | None:
    """H39: who lost the lease posts a result all the same, and it replaces the other one's."""
    cases = []
    for claim in claims(record):
        results = [write for write in record.versions.to(RESULT + claim.task) if write.verb == "put"]
        for earlier, later in itertools.pairwise(results):
            replaced = earlier.entry != later.entry and _actor(earlier) != _actor(later)
            if not replaced or _actor(later) != claim.call.actor or held(record, claim, later.at - 1):
                continue
            evidence = (of_write(claim.write), of_call(claim.call), of_write(earlier), of_write(later))
            cases.append(Case(claim.task, (*evidence, *map(of_call, _posts(record, claim.task)))))
    return diagnosed(
        "H39", "{n} result{s} {were} replaced by a late one, of a worker whose lease was over", cases, "I5"
    )


def released_then_failed(record: Record) -> Diagnosis | None:
    """H40: a task is released, claimed by another, and then completed as failed by the first."""
    cases = []
    for release in record.calls:
        if release.step != "release" or release.status != 200:
            continue
        task = task_of(release) or ""
        posted = [
            call
            for call in _posts(record, task)
            if call.actor == release.actor and call.sent >= release.answered
        ]
        for claim in claims(record):
            between = posted and release.sent < claim.write.at < posted[0].answered
            if claim.task == task and claim.call.actor != release.actor and between:
                cases.append(
                    Case(
                        task,
                        (of_call(release), of_write(claim.write), of_call(claim.call), of_call(posted[0])),
                    )
                )
    return diagnosed(
        "H40",
        "{n} task{s} {were} released, claimed by another, and then failed by the first",
        cases,
        "I5",
        "I13",
    )


def _actor(write: Event) -> str:
    return write.invocation.rpartition(".")[0]


def _posts(record: Record, task: str) -> list[Call]:
    posts = record.to("POST", "/api/result/*")
    return [call for call in posts if call.outcome == "ok" and task_of(call) == task]


COMPLETION = (late_result, released_then_failed)
