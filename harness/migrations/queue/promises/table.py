"""The report of a hearing: a table that fits a screen, and below it everything that is not held."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from harness.migrations.queue.promises.hearing import Hearing, Row
from harness.migrations.queue.promises.promise import Judgement
from harness.migrations.queue.promises.recommendation import Recommendation
from harness.migrations.queue.promises.survey import WAYS, Count, Survey
from harness.migrations.queue.walk.report import source_lines
from harness.migrations.queue.walk.steps import MIGRATIONS
from harness.terminal.lines import text_of
from kvstore.conditions import CONDITIONS

_VERDICTS: Final = ("held", "only if", "broken", "opinion", "unjudged")
_CLAIM, _VERDICT = 62, 14


def as_json(hearing: Hearing, seconds: float) -> dict[str, Any]:
    """Everything, for a machine."""
    inquiry = hearing.inquiry
    return {
        "migration": "queue",
        "conditions": inquiry.conditions,
        "judgedBy": CONDITIONS[inquiry.conditions].judged_json(),
        "source": {
            "label": inquiry.source.label,
            "keys": len(inquiry.source.namespace.entries),
            "expired": inquiry.source.namespace.expired,
        },
        "promises": [row.as_json() for row in hearing.rows],
        **(_seen_json(hearing) if hearing.recommendations else {}),
        "decisions": [one.as_json() for one in hearing.recommendations],
        "held": hearing.decision.verdict == "go",
        **hearing.decision.as_json(),
        "seconds": round(seconds, 3),
    }


def _seen_json(hearing: Hearing) -> dict[str, Any]:
    return {
        "schedules": {one.migration: one.all_schedules.runs for one in hearing.evidence},
        "claims": hearing.inquiry.survey.as_json(),
    }


def as_text(hearing: Hearing, seconds: float) -> str:
    """The report for a person."""
    inquiry = hearing.inquiry
    lines = [
        "The promises of the queue migration guide, for the documented and for the safe migration",
        *source_lines(inquiry.source),
        f"Judged by: {CONDITIONS[inquiry.conditions].judged_line()}",
        *_seen_lines(hearing),
        "",
        *_table_lines(hearing),
        *(line for row in hearing.rows for line in _row_lines(row)),
    ]
    if not hearing.recommendations:
        lines += ["", _conclusion(hearing)]
    else:
        lines += ["", *claim_lines(inquiry.survey)]
        lines += [
            line for one in hearing.recommendations for line in _decision_lines(one, inquiry.conditions)
        ]
        lines += [
            "",
            f"Judged in {seconds:.0f} s. --seeds N for more schedules and claims, --json FILE for all of it",
        ]
    return text_of(lines)


def _seen_lines(hearing: Hearing) -> list[str]:
    if not hearing.recommendations:
        return []
    inquiry = hearing.inquiry
    runs = " and ".join(f"{one.all_schedules.runs:,}" for one in hearing.evidence)
    claims = sum(inquiry.survey.of(way).claims for way in WAYS)
    under = f"local and {inquiry.conditions}" if inquiry.conditions != "local" else "local"
    return [
        f"Seen: walks on it under {under} conditions, {runs} schedules of small namespaces under "
        f"{inquiry.conditions}, {claims:,} claims under all"
    ]


def _table_lines(hearing: Hearing) -> list[str]:
    lines = [f"{'':<5}{'the guide says':<{_CLAIM}}{'documented':<{_VERDICT}}safe"]
    for row in hearing.rows:
        verdicts = "".join(f"{row.judgements[one].verdict:<{_VERDICT}}" for one in MIGRATIONS)
        lines.append(f"{row.promise.id:<5}{row.promise.claim:<{_CLAIM}}{verdicts}".rstrip())
    counts = [Counter(row.judgements[one].verdict for row in hearing.rows) for one in MIGRATIONS]
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


def claim_lines(survey: Survey) -> list[str]:
    """How often a claim got a task that another worker held, by conditions and way to claim."""
    width = 24
    lines = [
        "Claims of 2 to 4 workers: how many got a task that another worker held",
        f"     {'':<14}" + "".join(f"{way:<{width}}" for way in WAYS).rstrip(),
    ]
    for conditions in CONDITIONS:
        counts = "".join(f"{_counted(survey.of(way, conditions)):<{width}}" for way in WAYS)
        lines.append(f"     {conditions:<14}{counts}".rstrip())
    return lines


def _counted(count: Count) -> str:
    if not count.claims:
        return "–"
    return f"{count.doubles:,} of {count.claims:,} ({count.rate:.1%})"


def _conclusion(hearing: Hearing) -> str:
    broken = ", ".join(hearing.decision.violated)
    return hearing.decision.as_text("the safe migration breaks none of these", f"it breaks {broken}")


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
