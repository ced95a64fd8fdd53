"""Who gets a task, and who gets it twice: G05, G07, G08, G33, G44."""

from typing import Final

from harness.migrations.queue.explore.campaign_report import replay
from harness.migrations.queue.layout import NEW_LEASE, NEW_TASK, RESULT
from harness.migrations.queue.promises.double_claims import WORKERS, Count, Way, counted
from harness.migrations.queue.promises.evidence import Evidence, NothingSeen
from harness.migrations.queue.promises.judging.striking import struck, unless_struck, violated
from harness.migrations.queue.promises.promise import Judgement, broken, held, only_if, opinion
from harness.migrations.queue.promises.trials import Trial

_WAY: Final[dict[str, Way]] = {"documented": "documented", "safe": "careful"}


def no_contention(evidence: Evidence) -> Judgement:
    """G05: keys that were written twice within a second."""
    found = struck(evidence, "H25") or violated(evidence, "I20")
    if found is not None:
        return only_if("no key of one task, and no client's counter, is written twice in a second", *found)
    return held(f"no key was written twice in a second in {evidence.schedules.runs:,} schedules")


def exclusive(evidence: Evidence) -> Judgement:
    """G07: two claims at once, and how often it happens."""
    double_claims, way = evidence.inquiry.double_claims, _WAY[evidence.migration]
    mine, coordinated = double_claims.of(way), double_claims.of("coordinator")
    if not mine.claims:
        raise NothingSeen("no claim was granted to any worker")
    said = f"{_rate(mine)} were of a task that another worker held"
    race = _race(evidence)
    lost = counted(race.record).doubles > 0
    if not mine.doubles and not lost:
        return held(said, race.replays)
    example = double_claims.of(way, evidence.inquiry.conditions).example
    again = race.replays if example is None else replay(example, evidence.inquiry.worker)
    said = f"two that look before either has put its lease both get the task; {said}" if lost else said
    if evidence.migration == "safe" and coordinated.claims and not coordinated.doubles:
        condition = "CLAIMS=coordinator: a Durable Object decides"
        return only_if(condition, f"on KV {said}; with the coordinator {_rate(coordinated)}", again)
    return broken(f"{said} (H21, H22, H24)", again)


def _race(evidence: Evidence) -> Trial:
    """Two claims of one task, of which the second looks for leases before the first has put its own."""
    alone = evidence.trials.play("conditions=local tasks=1 at_once=claim format=new")
    asked = alone.record.operations[alone.first.name]
    look = next(
        (place for place, one in enumerate(asked) if one.key.startswith(NEW_LEASE) and one.verb == "put"), 0
    )
    order = f"a{look}b{look}a9b9" if look else ""
    line = f"conditions={evidence.inquiry.conditions} tasks=1 at_once=claim,claim format=new"
    return evidence.trials.play(f"{line} order={order}")


def _rate(count: Count) -> str:
    return f"{count.doubles:,} of {count.claims:,} claims"


def no_consistency(evidence: Evidence) -> Judgement:
    """G08: what a completion leaves that is cut off half-way."""
    line = "conditions=local tasks=1 leases=1 at_once=complete format=new"
    whole = evidence.trials.play(line)
    asked = whole.record.operations[whole.first.name]
    place = next((n for n, event in enumerate(asked, 1) if event.verb == "delete"), None)
    if place is None:
        writes = sum(event.verb == "put" for event in asked)
        judged = held if writes == 1 else broken
        return judged(f"a completion is {writes} writes, and no delete", whole.replays)
    trial = evidence.trials.play(f"{line} faults=crash@{whole.first.name}:{place}")
    final = trial.record.final.entries
    both = [key for key in final if key.startswith((NEW_TASK, RESULT))]
    writes = sum(event.verb in ("put", "delete") for event in whole.operations(whole.first))
    said = f"a completion is {writes} writes; cut off before the second it leaves {' and '.join(both)}"
    if len(both) < 2:
        return held(said, trial.replays)
    return only_if("nothing is cut off between task, lease and result", said, trial.replays)


def monitoring(evidence: Evidence) -> Judgement:
    """G33: wrong counts, claims that fail, tasks that are stuck."""
    hazards = ("H02", "H63", "H53", "H57", "H45", "H17")
    return unless_struck(evidence, hazards, ("I3", "I28", "I22"))


def recommendation(evidence: Evidence) -> Judgement:
    """G44: an opinion, beside what was counted."""
    double_claims, way, conditions = (
        evidence.inquiry.double_claims,
        _WAY[evidence.migration],
        evidence.inquiry.conditions,
    )
    counts = [double_claims.of(way, conditions, (workers,)) for workers in WORKERS]
    rates = ", ".join(f"{one.rate:.1%}" for one in counts)
    return opinion(f"of the claims of 1, 2, 3 and 4 workers {rates} were of a task that another one held")
