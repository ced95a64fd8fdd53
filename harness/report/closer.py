"""A finding in detail: its run with every KV operation, what conditions it needs, a run that held."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from harness.engine.loop import Deadlock
from harness.explore.search import Damage
from harness.explore.tally import Key, SystemUnderTest, deadlock_key, found_in
from harness.model.record import RunRecord
from harness.model.verdict import Verdict
from harness.parameters import parameters
from kvstore.conditions import CLASSIC
from kvstore.layers.trace import Trace

# A run of more operations than that is shown for the keys of the finding alone.
_MOST_OPERATIONS: Final = 1_500
# So many runs are tried for one that holds.
_MOST_TRIES: Final = 40


# The document of one simulation, with its verdicts and every operation.
AsDocument = Callable[[Any, Sequence[Verdict], Trace], dict[str, Any]]
# The command that runs a scenario again.
Replay = Callable[[Any], str]


def looked_into(
    system: SystemUnderTest, damage: Damage, as_document: AsDocument, replay: Replay
) -> dict[str, Any]:
    """Members of a finding: ``run``, ``conditions`` that show it, and ``held``, the nearest run that held.

    ``run`` is None where no request came to an end.
    """
    scenario = damage.scenario
    shows = {name: _shows(system, damage.key, replace(scenario, conditions=name)) for name in CLASSIC}
    trace = Trace()
    try:
        record = system.simulate(scenario, None, trace)
    except Deadlock:
        return {"run": None, "conditions": shows, "held": None}
    run = as_document(record, system.judge(record), trace)
    return {"run": _short(run, damage), "conditions": shows, "held": _nearest(system, damage, replay)}


def _shows(system: SystemUnderTest, key: Key, scenario: Any) -> bool:
    try:
        return key in found_in(system.judge(system.simulate(scenario)))
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


def _nearest(system: SystemUnderTest, damage: Damage, replay: Replay) -> dict[str, Any] | None:
    """A run that differs in one member of the scenario and does not show the finding; None without one."""
    for name, other in _neighbours(damage.scenario):
        try:
            record = system.simulate(other)
            verdicts = system.judge(record)
            if damage.key in found_in(verdicts) or _is_vacuous(verdicts, damage.invariant):
                continue
        except Deadlock:
            continue
        return {
            "scenario": str(other),
            "replay": replay(other),
            "changed": name,
            "difference": _difference(system.simulate(damage.scenario), record),
        }
    return None


def _is_vacuous(verdicts: Sequence[Verdict], invariant: str) -> bool:
    """A run in which there was nothing to look at has not held."""
    return any(one.is_vacuous for one in verdicts if one.invariant == invariant)


def _neighbours(scenario: Any) -> Iterator[tuple[str, Any]]:
    """Scenarios with one member said more simply, faults first; at last the one under local conditions."""
    tries = 0
    for name, one in sorted(parameters(scenario.__class__).items(), key=lambda named: named[1].rank):
        if one.kept(scenario):
            continue
        for value in one.simpler(getattr(scenario, name)):
            tries += 1
            if tries > _MOST_TRIES:
                return
            yield name, replace(scenario, **{name: value})
    if scenario.conditions != "local":
        yield "conditions", replace(scenario, conditions="local")


def _difference(bad: RunRecord[Any], good: RunRecord[Any]) -> dict[str, Any] | None:
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


def _said(record: RunRecord[Any], place: int) -> str:
    if place >= len(record.asked):
        return "the end"
    event = record.asked[place]
    came = event.error or ("nothing" if event.verb == "get" and event.entry is None else "")
    return f"{event.invocation}: {event.verb} {event.key}{f': {came}' if came else ''}"
