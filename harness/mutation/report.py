"""The report of what a GO is worth: at most a screen, the gravest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from harness.mutation.hunt import NOT_STARTED, NOTICED, SAME, SURVIVED, Hunt
from harness.mutation.survey import Survey
from harness.terminal.lines import command_line, text_of

_SCREEN: Final = 45


@dataclass(frozen=True)
class Told:
    """What a survey was about: sentences of ``head``, the Worker's ``folder``, and what the rehearsal said.

    ``again`` are the arguments for the same mistakes again, ``at_least`` is the share (percent) asked for.
    """

    head: Sequence[str]
    folder: Path
    verdict: str
    again: Sequence[str]
    at_least: int | None


def as_json(told: Told, survey: Survey, seconds: float) -> dict[str, Any]:
    """Every hunt, and what they add up to."""
    return {
        "about": list(told.head),
        "verdict": told.verdict,
        "again": command_line(["rehearse", *told.again]),
        "mistakes": survey.every,
        "drawn": survey.drawn,
        "hunted": len(survey.hunts),
        "noticed": len(survey.of(NOTICED)),
        "survived": len(survey.of(SURVIVED)),
        "noDifferenceSeenSoFar": len(survey.of(SAME)),
        "didNotStart": len(survey.of(NOT_STARTED)),
        "percent": None if survey.share is None else round(survey.share, 1),
        "byRule": {rule: dict(counts) for rule, counts in sorted(survey.by_rule.items())},
        "survivors": [_survivor_json(told, one) for one in survey.survivors],
        "hunts": [one.as_json() for one in survey.hunts],
        "seconds": round(seconds, 3),
    }


def _survivor_json(told: Told, one: Hunt) -> dict[str, Any]:
    before, after = _diff(told, one)
    return {"place": str(one.mutant), "minus": before, "plus": after, **one.as_json()}


def as_text(told: Told, survey: Survey, seconds: float) -> str:
    """The report for a person."""
    lines = [*told.head, ""]
    lines += _survivors(told, survey.survivors, _SCREEN - len(lines) - 6)
    return text_of([*lines, *_conclusion(told, survey, seconds)])


def _survivors(told: Told, survivors: Sequence[Hunt], room: int) -> list[str]:
    lines: list[str] = []
    shown = 0
    for one in survivors:
        before, after = _diff(told, one)
        assert one.differs is not None
        mine = [f"{one.mutant}", f"    - {before}", f"    + {after}"]
        mine.append(f"    differs in {one.differs.kind}: {one.differs.what}")
        if len(text_of([*lines, *mine]).splitlines()) > room:
            break
        lines += mine
        shown += 1
    left = survivors[shown:]
    if left:
        lines.append(
            f"and {len(left):,} more (--json has all): {', '.join(str(one.mutant) for one in left[:8])}"
        )
    return [*lines, ""] if lines else []


def _conclusion(told: Told, survey: Survey, seconds: float) -> list[str]:
    noticed, survived = len(survey.of(NOTICED)), len(survey.of(SURVIVED))
    lines = []
    if len(survey.hunts) < survey.drawn:
        lines.append(f"Stopped after {len(survey.hunts):,} of {survey.drawn:,} mistakes.")
    same, unstarted = len(survey.of(SAME)), len(survey.of(NOT_STARTED))
    others = f"{same:,} more made no difference seen so far, {unstarted:,} did not start"
    if survey.share is None:
        return [*lines, f"INCONCLUSIVE: no mistake made a difference ({others}; {seconds:.1f} s)"]
    these = f"; the {survived:,} above it would not" if survived else ""
    lines.append(
        f"Of {survey.different:,} mistakes that make a difference your rehearsal would notice {noticed:,} "
        f"({survey.share:.0f} %){these} ({others}; {seconds:.1f} s)"
    )
    if told.at_least is not None and survey.share < told.at_least:
        lines.append(f"Less than the {told.at_least} % that --at-least asks for.")
    return [*lines, f"The same again: {command_line(['rehearse', *told.again])}"]


def _diff(told: Told, one: Hunt) -> tuple[str, str]:
    return one.mutant.diff((told.folder / one.mutant.file).read_text(encoding="utf-8"))
