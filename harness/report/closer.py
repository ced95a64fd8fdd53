"""A closer look at a finding: its run with every KV operation, what conditions it needs, a run that held."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from harness.engine.loop import Deadlock
from harness.explore.search import Damage
from harness.explore.tally import Key, deadlock_key, found_in
from harness.model.record import Record
from harness.model.scenario import Scenario
from harness.parameters import parameters
from harness.report.about import About
from harness.report.document import run_document
from harness.subject import Subject
from kvstore.conditions import CONDITIONS
from kvstore.layers.trace import Trace

# A run of more operations than that is told by the keys of the finding alone.
_MOST_OPERATIONS: Final = 1_500
# So many runs are tried for one that holds.
_MOST_TRIES: Final = 40


def looked_into(about: About, subject: Subject, damage: Damage) -> dict[str, Any]:
    """Members of a finding: ``run``, ``conditions`` that show it, and ``held``, the nearest run that held.

    ``run`` is None where nobody came to an end.
    """
    scenario = damage.scenario
    shows = {name: _shows(subject, damage.key, replace(scenario, conditions=name)) for name in CONDITIONS}
    trace = Trace()
    try:
        record = subject.simulate(scenario, None, trace)
    except Deadlock:
        return {"run": None, "conditions": shows, "held": None}
    run = run_document(about, record, subject.judge(record), trace)
    return {"run": _short(run, damage), "conditions": shows, "held": _nearest(about, subject, damage)}


def _shows(subject: Subject, key: Key, scenario: Scenario) -> bool:
    try:
        return key in found_in(subject.judge(subject.simulate(scenario)))
    except Deadlock as deadlock:
        return key == deadlock_key(deadlock)


def _short(run: dict[str, Any], damage: Damage) -> dict[str, Any]:
    """The run, or of a long one what is about the keys of the finding."""
    if len(run["operations"]) <= _MOST_OPERATIONS:
        return run
    keys = set(damage.finding.keys[:3])
    related = [one for one in run["operations"] if one["key"] in keys or one["error"]][:_MOST_OPERATIONS]
    requests = {one["request"] for one in related}
    return {
        **run,
        "operations": related,
        "copies": [one for one in run["copies"] if one["key"] in keys],
        "versions": [one for one in run["versions"] if one["key"] in keys],
        "requests": [one for one in run["requests"] if one["name"] in requests],
        "writes": [one for one in run["writes"] if one["key"] in keys],
        "acts": [one for one in run["acts"] if one["key"] in keys],
    }


def _nearest(about: About, subject: Subject, damage: Damage) -> dict[str, Any] | None:
    """A run that differs in one member of the scenario and does not show the finding; None without one."""
    for name, other in _neighbours(damage.scenario):
        try:
            record = subject.simulate(other)
        except Deadlock:
            continue
        if damage.key in found_in(subject.judge(record)):
            continue
        return {
            "scenario": str(other),
            "replay": about.replay(other),
            "changed": name,
            "difference": _difference(subject.simulate(damage.scenario), record),
        }
    return None


def _neighbours(scenario: Scenario) -> Iterator[tuple[str, Scenario]]:
    """Scenarios with one member said more simply, faults first; at last the one under local conditions."""
    tries = 0
    for name, one in sorted(parameters(Scenario).items(), key=lambda named: named[1].rank):
        if one.kept(scenario):
            continue
        for value in one.simpler(getattr(scenario, name)):
            tries += 1
            if tries > _MOST_TRIES:
                return
            yield name, replace(scenario, **{name: value})
    if scenario.conditions != "local":
        yield "conditions", replace(scenario, conditions="local")


def _difference(bad: Record, good: Record) -> dict[str, Any] | None:
    """The first operation that is not the same in both."""
    one, two = (
        [
            (event.invocation, event.verb, event.key, event.error is None, event.entry is None)
            for event in record.asked
        ]
        for record in (bad, good)
    )
    place = next((at for at, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), None)
    if place is None:
        if len(one) == len(two):
            return None
        place = min(len(one), len(two))
    return {"operation": place + 1, "here": _said(bad, place), "there": _said(good, place)}


def _said(record: Record, place: int) -> str:
    if place >= len(record.asked):
        return "the end"
    event = record.asked[place]
    came = event.error or ("nothing" if event.verb == "get" and event.entry is None else "")
    return f"{event.invocation}: {event.verb} {event.key}{f': {came}' if came else ''}"
