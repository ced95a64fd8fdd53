"""The report of an assessment: a table that fits a screen, and below it everything that is not held."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from harness.migrations.queue.promises.assessment import Assessment, Row
from harness.migrations.queue.promises.double_claims import WAYS, Count, DoubleClaims
from harness.migrations.queue.promises.promise import Judgement
from harness.migrations.queue.promises.recommendation import Recommendation
from harness.migrations.queue.reports.rehearsal import source_lines
from harness.migrations.queue.simulation.scenario import MIGRATIONS
from harness.terminal.lines import text_of
from kvstore.conditions import CLASSIC, CONDITIONS

_VERDICTS: Final = ("held", "only if", "broken", "opinion", "unjudged")
_CLAIM, _VERDICT = 62, 14


def as_json(assessment: Assessment, seconds: float) -> dict[str, Any]:
    """Everything, for a machine."""
    inquiry = assessment.inquiry
    return {
        "migration": "queue",
        "conditions": inquiry.conditions,
        "judgedBy": CONDITIONS[inquiry.conditions].judged_json(),
        "source": {
            "label": inquiry.source.label,
            "keys": len(inquiry.source.namespace.entries),
            "expired": inquiry.source.namespace.expired,
        },
        "promises": [row.as_json() for row in assessment.rows],
        **(_seen_json(assessment) if assessment.recommendations else {}),
        "decisions": [one.as_json() for one in assessment.recommendations],
        "held": assessment.decision.verdict == "go",
        **assessment.decision.as_json(),
        "seconds": round(seconds, 3),
    }


def _seen_json(assessment: Assessment) -> dict[str, Any]:
    return {
        "schedules": {one.migration: one.all_schedules.runs for one in assessment.evidence},
        "claims": assessment.inquiry.double_claims.as_json(),
    }


def as_text(assessment: Assessment, seconds: float) -> str:
    """The report for a person."""
    inquiry = assessment.inquiry
    lines = [
        "The promises of the queue migration guide, for the documented and for the safe migration",
        *source_lines(inquiry.source),
        f"Judged by: {CONDITIONS[inquiry.conditions].judged_line()}",
        *_seen_lines(assessment),
        "",
        *_table_lines(assessment),
        *(line for row in assessment.rows for line in _row_lines(row)),
    ]
    if not assessment.recommendations:
        lines += ["", _conclusion(assessment)]
    else:
        lines += ["", *claim_lines(inquiry.double_claims)]
        lines += [
            line for one in assessment.recommendations for line in _decision_lines(one, inquiry.conditions)
        ]
        lines += [
            "",
            f"Judged in {seconds:.0f} s. --seeds N for more schedules and claims, --json FILE for all of it",
        ]
    return text_of(lines)


def _seen_lines(assessment: Assessment) -> list[str]:
    if not assessment.recommendations:
        return []
    inquiry = assessment.inquiry
    runs = " and ".join(f"{one.all_schedules.runs:,}" for one in assessment.evidence)
    claims = sum(inquiry.double_claims.of(way).claims for way in WAYS)
    under = f"local and {inquiry.conditions}" if inquiry.conditions != "local" else "local"
    return [
        f"Seen: walks on it under {under} conditions, {runs} schedules of small namespaces under "
        f"{inquiry.conditions}, {claims:,} claims under all"
    ]


def _table_lines(assessment: Assessment) -> list[str]:
    lines = [f"{'':<5}{'the guide says':<{_CLAIM}}{'documented':<{_VERDICT}}safe"]
    for row in assessment.rows:
        verdicts = "".join(f"{row.judgements[one].verdict:<{_VERDICT}}" for one in MIGRATIONS)
        lines.append(f"{row.promise.id:<5}{row.promise.claim:<{_CLAIM}}{verdicts}".rstrip())
    counts = [Counter(row.judgements[one].verdict for row in assessment.rows) for one in MIGRATIONS]
    for verdict in (one for one in _VERDICTS if one != "unjudged" or counts[0][one] or counts[1][one]):
        numbers = "".join(f"{count[verdict]:<{_VERDICT}}" for count in counts)
        lines.append(f"{'':<5}{verdict:<{_CLAIM}}{numbers}".rstrip())
    return lines


def _row_lines(row: Row) -> Iterator[str]:
    """What is not held, and why; nothing for what both migrations hold."""
    unheld = {name: one for name, one in row.judgements.items() if one.verdict != "held"}
    if not unheld:
        return
    yield ""
    yield f"{row.promise.id}  {row.promise.claim} ({row.promise.where})"
    alike = len({(one.verdict, one.condition, one.because) for one in unheld.values()}) == 1
    if alike and len(unheld) == len(MIGRATIONS):
        yield from _judgement_lines("both", next(iter(unheld.values())))
        return
    for name, judgement in unheld.items():
        yield from _judgement_lines(name, judgement)


def _judgement_lines(name: str, judgement: Judgement) -> Iterator[str]:
    condition = f" {judgement.condition}" if judgement.condition else ""
    yield f"     {name}: {judgement.verdict}{condition}"
    yield f"       {judgement.because}"
    yield f"       {judgement.replay}"


def claim_lines(double_claims: DoubleClaims) -> list[str]:
    """How often a claim got a task that another worker held, by conditions and way to claim."""
    width = 24
    lines = [
        "Claims of 2 to 4 workers: how many got a task that another worker held",
        f"     {'':<14}" + "".join(f"{way:<{width}}" for way in WAYS).rstrip(),
    ]
    for conditions in CLASSIC:
        counts = "".join(f"{_counted(double_claims.of(way, conditions)):<{width}}" for way in WAYS)
        lines.append(f"     {conditions:<14}{counts}".rstrip())
    return lines


def _counted(count: Count) -> str:
    if not count.claims:
        return "–"
    return f"{count.doubles:,} of {count.claims:,} ({count.rate:.1%})"


def _conclusion(assessment: Assessment) -> str:
    broken = ", ".join(assessment.decision.violated)
    return assessment.decision.as_text("the safe migration breaks none of these", f"it breaks {broken}")


def _decision_lines(one: Recommendation, conditions: str) -> Iterator[str]:
    yield ""
    yield f"{one.decision.verdict.upper()} for the {one.migration} migration"
    for reason in one.reasons:
        yield f"     {reason.what}"
        yield f"       {reason.replay}"
    if one.go:
        yield "     nothing was violated, on this namespace and in the schedules"
    allowed = CONDITIONS[conditions].allowance.operations
    budget = f" with {allowed:,} operations a call" if allowed else ""
    yield f"     On this namespace, {conditions}{budget}: {one.cost.as_text().removeprefix('Cost: ')}"
