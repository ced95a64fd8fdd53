"""The report of a campaign."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from harness.explore.search import Damage
from harness.migrations.queue.explore.campaign import Campaign
from harness.migrations.queue.explore.recognition import Recognition
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.simulation.simulate import BEGIN_MS
from harness.migrations.queue.worker import QueueWorker
from harness.model.verdict import Moment
from harness.terminal.lines import command_line, some, text_of
from harness.terminal.numbers import elapsed

_MOST_CAUSES = 3


def replay(scenario: Scenario, worker: QueueWorker) -> str:
    """The command that runs a scenario again."""
    other = worker.arguments
    return command_line(["rehearse", "queue", *other, "--scenario", str(scenario)])


def as_json(search: Campaign, seconds: float) -> dict[str, Any]:
    """The whole search."""
    tally = search.tally
    return {
        "migration": "queue",
        "variant": search.base.migration,
        "explore": search.what,
        "base": str(search.base),
        "conditions": search.base.conditions,
        "judgedBy": search.base.platform.judged_json(),
        "runs": tally.runs,
        "operations": tally.looked.operations,
        "fingerprint": f"{tally.fingerprint:016x}",
        "met": dict(sorted(tally.met.items())),
        "unmet": list(search.unmet),
        "conclusive": search.decision.verdict != "inconclusive",
        "vacuous": tally.vacuous,
        "violations": [_violation_json(one, search.worker) for one in search.violations],
        "hazards": [
            {**one.as_json(), "replay": replay(one.scenario, search.worker)} for one in search.hazards
        ],
        "held": not search.violations,
        **search.decision.as_json(),
        "workers": search.workers,
        "discoveries": {one.diagnosis.hazard: one.discovery.as_json() for one in search.hazards},
        "seconds": round(seconds, 3),
    }


def _violation_json(one: Damage, worker: QueueWorker) -> dict[str, Any]:
    return {
        "invariant": one.invariant,
        "title": one.title,
        **one.finding.as_json(),
        "causes": [cause.as_json() for cause in one.causes],
        "runs": one.runs,
        "first": one.first,
        "scenario": str(one.scenario),
        "replay": replay(one.scenario, worker),
    }


def as_text(search: Campaign, seconds: float) -> str:
    """The report for a person."""
    tally, base = search.tally, search.base
    pace = f"{tally.runs / seconds:,.0f} runs a second" if seconds else "at once"
    lines = [
        title(search),
        f"Visited: {tally.runs:,} runs with {tally.looked.operations:,} KV operations, in {seconds:.1f} s "
        f"({pace}, {search.workers} processes)",
        f"Judged by: {base.platform.judged_line()}",
        *search.notes,
        f"Met, in so many runs: {_counted(tally.met)}",
        *([f"Looked at nothing: {', '.join(tally.vacuous)}"] if tally.vacuous else []),
        f"Fingerprint: {tally.fingerprint:016x}",
    ]
    for (invariant, about), violations in groupby(
        search.violations, key=lambda one: (one.invariant, one.title)
    ):
        lines += ["", f"FAIL {invariant:<4} {about}"]
        lines += [line for one in violations for line in _violation_lines(one, search.worker)]
    if search.hazards:
        lines += ["", "Hazards recognised:"]
        lines += [line for one in search.hazards for line in _hazard_lines(one, search.worker)]
    return text_of([*lines, "", _conclusion(search)])


def title(search: Campaign) -> str:
    """What was searched, in a line."""
    base = search.base
    return (
        f"Search through the {base.migration} queue migration{_claims(base)} under {base.conditions}: "
        f"{search.what}"
    )


def _violation_lines(one: Damage, worker: QueueWorker) -> list[str]:
    hazards = dict.fromkeys((*one.finding.hazards, *(cause.hazard for cause in one.causes)))
    named = f" [{', '.join(hazards)}]" if hazards else ""
    keys = f": {some(one.finding.keys)}" if one.finding.keys else ""
    return [
        f"     {one.finding.what}{named}{keys}",
        f"       in {one.runs:,} runs, first with seed {one.first:,}; most simply:",
        *(_moment_line(moment) for moment in one.finding.moments),
        *(f"       likely cause {cause.hazard}: {cause.what}" for cause in one.causes[:_MOST_CAUSES]),
        f"       {replay(one.scenario, worker)}",
    ]


def _hazard_lines(one: Recognition, worker: QueueWorker) -> list[str]:
    met = f"in {one.runs:,} runs, first after {one.discovery.seconds:.1f} s"
    return [
        f"{one.diagnosis.hazard}  {one.diagnosis.what} ({met})",
        f"     {replay(one.scenario, worker)}",
    ]


def _claims(base: Scenario) -> str:
    return " with a coordinator" if base.claims == "coordinator" else ""


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))


def _moment_line(moment: Moment) -> str:
    return f"       {elapsed(moment.at - BEGIN_MS)}  {moment.who:<14} {moment.what}"


def _conclusion(search: Campaign) -> str:
    return search.decision.as_text(
        "nothing was violated, and everything was met that should be",
        f"{len(search.violations)} kinds of damage, each with the command that shows it",
    )
