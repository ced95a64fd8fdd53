"""The pages of simulations and searches of the queue: the documents that any page is drawn from."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from harness.migrations.queue.explore.campaign import Campaign
from harness.migrations.queue.explore.campaign_report import replay, title
from harness.migrations.queue.explore.system import Queue
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.worker import QueueWorker
from harness.model.verdict import Verdict
from harness.report.closer import looked_into
from harness.report.document import any_run, damage_document, part_document, search_document
from kvstore.layers.trace import Trace


def simulation_document(
    worker: QueueWorker, record: Record, verdicts: Sequence[Verdict], trace: Trace
) -> dict[str, Any]:
    """One simulation with every KV operation."""
    again = ["queue", "--scenario", str(record.scenario)]
    own = worker.arguments
    start = {("", key): entry for key, entry in record.start.entries.items()}
    return any_run("queue", replay(record.scenario, worker), [*again, *own], record, start, verdicts, trace)


def campaign_document(search: Campaign, seconds: float, given: Sequence[str]) -> dict[str, Any]:
    """A search by simulation, ``given`` these arguments; each finding with its run, the smallest first."""
    worker, tally = search.worker, search.tally
    as_document = partial(simulation_document, worker)
    findings = []
    for one in sorted(search.violations, key=lambda one: (one.scenario.size, one.key)):
        causes = [{"hazard": cause.hazard, "what": cause.what} for cause in one.causes]
        told = damage_document(one, replay(one.scenario, worker))
        hazards = list(dict.fromkeys([*told["hazards"], *(cause["hazard"] for cause in causes)]))
        near = looked_into(Queue(worker), one, as_document, lambda other: replay(other, worker))
        findings.append({**told, "hazards": hazards, "causes": causes, **near})
    return search_document(
        "queue",
        given,
        [title(search), *search.notes],
        search.decision,
        findings,
        seconds,
        parts=[part_document("simulations", search.what, tally)],
        nothing=[name.partition(" ")[0] for name in tally.vacuous],
    )
