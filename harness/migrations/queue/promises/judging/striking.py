"""Judgements by hazards that did harm, and by invariants that were violated, in the schedules."""

from collections.abc import Sequence

from harness.explore.tally import Group
from harness.migrations.queue.promises.evidence import Evidence
from harness.migrations.queue.promises.promise import Judgement, broken, held, only_if


def struck(evidence: Evidence, *hazards: str) -> tuple[str, str] | None:
    """The first of the hazards that did harm: what it did, how often, and the command that shows it."""
    schedules = evidence.schedules
    for hazard in hazards:
        if (group := schedules.hazards.get(hazard)) is not None:
            trial = evidence.shown(group)
            found = trial.diagnoses.get(hazard)
            what = found.what if found is not None else "recognised"
            return f"{what} ({hazard}, in {_share(evidence, group)})", trial.replays
    return None


def violated(evidence: Evidence, *invariants: str) -> tuple[str, str] | None:
    """The first of the invariants that was violated, likewise."""
    for invariant in invariants:
        if (group := evidence.schedules.violations.get(invariant)) is not None:
            trial = evidence.shown(group)
            return f"{trial.says(invariant)} ({invariant}, in {_share(evidence, group)})", trial.replays
    return None


def _share(evidence: Evidence, group: Group) -> str:
    return f"{group.runs:,} of {evidence.schedules.runs:,} schedules"


def unless_struck(
    evidence: Evidence, hazards: Sequence[str], invariants: Sequence[str] = (), and_so: str = ""
) -> Judgement:
    """Broken by any of these, else held: ``and_so`` says what was seen instead."""
    shown = struck(evidence, *hazards) or violated(evidence, *invariants)
    return held(and_so or _silence(evidence, hazards, invariants)) if shown is None else broken(*shown)


def only_unless_struck(
    evidence: Evidence,
    condition: str,
    hazards: Sequence[str],
    invariants: Sequence[str] = (),
    and_so: str = "",
) -> Judgement:
    """Held only if ``condition``, when any of these struck; else held."""
    shown = struck(evidence, *hazards) or violated(evidence, *invariants)
    if shown is None:
        return held(and_so or _silence(evidence, hazards, invariants))
    return only_if(condition, *shown)


def _silence(evidence: Evidence, hazards: Sequence[str], invariants: Sequence[str]) -> str:
    named = ", ".join((*hazards, *invariants))
    return f"none of {named} in {evidence.schedules.runs:,} schedules"
