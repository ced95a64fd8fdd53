"""The report of a rehearsal of a declared migration: at most a screen, every finding with its line."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from harness.explore.search import Damage
from harness.lines import command_line, some, text_of
from harness.migration import Migration
from harness.model.record import Record
from harness.model.scenario import Scenario
from harness.moment import elapsed, write_moment
from harness.rehearsal import Part, Result
from harness.verdict import Moment, Verdict

# How many lines a screen has, and how many ways of damage are told by their events on it.
_SCREEN: Final = 45
# Mistakes that say, in minutes, about how much a GO is worth.
_SAMPLE: Final = 40


@dataclass(frozen=True)
class About:
    """What was rehearsed: ``moving`` entries that move, and ``other`` ones, of ``sources``; ``began`` in ms.

    ``expired`` entries were left out, and what the sentences of ``left`` say.
    """

    file: Path
    migration: Migration
    sources: Sequence[str]
    moving: int
    other: int
    expired: int
    left: Sequence[str]
    began: int

    @property
    def again(self) -> list[str]:
        """The arguments that name the same migration and entries again."""
        given = [part for one in self.sources for part in ("--from", one)]
        return ["run", str(self.file), *given, "--at", write_moment(self.began)]

    def replay(self, scenario: Scenario) -> str:
        """The command that runs a scenario again."""
        return command_line(["rehearse", *self.again, "--scenario", str(scenario)])

    def mutate(self) -> str:
        """The command that says how much a GO is worth."""
        return command_line(["rehearse", "mutate", *self.again[1:], "--sample", str(_SAMPLE)])

    def line(self) -> str:
        left = f"; {self.expired:,} had expired and were left out" if self.expired else ""
        return (
            f"Migration {self.migration.name}: {self.moving:,} entries that move and {self.other:,} others, "
            f"from {', '.join(self.sources)}, begun {write_moment(self.began)}{left}"
        )


def as_json(about: About, result: Result, seconds: float) -> dict[str, Any]:
    """The whole rehearsal."""
    return {
        "migration": about.migration.name,
        "file": str(about.file),
        "sources": list(about.sources),
        "entries": {"moving": about.moving, "other": about.other, "expired": about.expired},
        "leftOut": list(about.left),
        "began": write_moment(about.began),
        **result.decision.as_json(),
        "lookedAtNothing": [name.partition(" ")[0] for name in result.vacuous],
        "odd": list(result.oddities),
        "parts": [_part_json(one) for one in result.parts],
        "forecast": None if result.forecast is None else result.forecast.as_json(),
        "findings": [_damage_json(about, one) for one in result.damage],
        "seconds": round(seconds, 3),
    }


def _part_json(part: Part) -> dict[str, Any]:
    tally = part.tally
    return {
        "part": part.name,
        "what": part.what,
        "looked": asdict(tally.looked),
        "met": dict(sorted(tally.met.items())),
        **({"orders": asdict(tally.orders)} if tally.orders.orders else {}),
    }


def _damage_json(about: About, one: Damage) -> dict[str, Any]:
    return {
        "invariant": one.key[0],
        "code": one.key[1],
        "title": one.title,
        **one.finding.as_json(),
        "runs": one.runs,
        "scenario": str(one.scenario),
        "replay": about.replay(one.scenario),
    }


def as_text(about: About, result: Result, seconds: float) -> str:
    """The report for a person."""
    lines = [about.line(), *(f"  {one}" for one in about.left)]
    lines += [_part_line(part) for part in result.parts]
    if result.forecast is not None:
        lines.append(f"  {'forecast':<14} {result.forecast.as_text()}")
    if result.vacuous:
        lines.append(f"  looked at nothing: {', '.join(result.vacuous)}")
    told = [_damage_lines(about, one) for one in result.damage]
    events = [[_moment_line(moment, about.began) for moment in one.finding.moments] for one in result.damage]
    room = _SCREEN - len(lines) - sum(map(len, told)) - 4
    for damage, moments in zip(told, events, strict=True):
        if len(moments) <= room:
            room -= len(moments)
            damage[1:1] = moments
        lines += damage
    lines += ["", _conclusion(result, seconds)]
    if result.decision.verdict == "go":
        lines.append(f"What it is worth: {about.mutate()}")
    return text_of(lines)


def _part_line(part: Part) -> str:
    looked = part.tally.looked
    runs = f"{looked.runs:,} runs" if looked.runs != 1 else "1 run"
    return f"  {part.name:<14} {part.what}: {runs}, {looked.operations:,} KV operations"


def _damage_lines(about: About, one: Damage) -> list[str]:
    keys = f": {some(one.finding.keys)}" if one.finding.keys else ""
    runs = f"{one.runs:,} runs" if one.runs != 1 else "1 run"
    return [f"FAIL {one.finding.what}{keys} [{one.key[0]}, {runs}]", f"     {about.replay(one.scenario)}"]


def _moment_line(moment: Moment, began: int) -> str:
    return f"       {elapsed(moment.at - began)}  {moment.who:<14} {moment.what}"


def _conclusion(result: Result, seconds: float) -> str:
    runs = sum(part.tally.looked.runs for part in result.parts)
    count = len(result.damage)
    ways = "1 way" if count == 1 else f"{count} ways"
    said = result.decision.as_text(
        "nothing was violated, and everything was met that should be",
        f"the migration does damage in {ways}, each with the command that shows it",
    )
    return f"{said} ({runs:,} runs, {seconds:.1f} s)"


def run_as_json(about: About, record: Record, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """One simulation: every request, act and write of it."""
    return {
        "migration": about.migration.name,
        "scenario": str(record.scenario),
        "held": all(one.held for one in verdicts),
        "verdicts": [one.as_json() for one in verdicts],
        "faults": list(record.fired),
        "interruptions": list(record.interrupted),
        "requests": [
            {
                "name": call.name,
                "colo": call.colo,
                "stage": call.stage,
                "method": call.method,
                "path": call.path,
                "sent": call.sent,
                "answered": call.answered,
                "status": call.status,
                "answer": call.answer,
                "operations": call.operations,
            }
            for call in record.calls
        ],
        "writes": [
            {
                "at": one.at,
                "request": one.invocation,
                "verb": one.verb,
                "namespace": one.namespace,
                "key": one.key,
            }
            for one in record.writes
        ],
    }


def run_as_text(about: About, record: Record, verdicts: Sequence[Verdict]) -> str:
    """One simulation for a person: its requests, and what is violated, each way told by its events."""
    lines = [f"Migration {about.migration.name}: {record.scenario}", ""]
    for call in record.calls:
        answer = "no answer" if call.status is None else str(call.status)
        said = f" {' '.join(str(call.answer).split())[:60]}" if call.role == "operator" else ""
        lines.append(
            f"  {elapsed(call.sent - record.began)}  {call.name:<14} {call.colo} {call.method} {call.path} → "
            f"{answer}{said} ({call.operations} operations)"
        )
    for one in verdicts:
        for found in one.findings:
            keys = f": {some(found.keys)}" if found.keys else ""
            lines += ["", f"FAIL {found.what}{keys} [{one.invariant}]"]
            lines += [_moment_line(moment, record.began) for moment in found.moments]
    count = sum(len(one.findings) for one in verdicts)
    faults = [*record.fired, *record.interrupted]
    lines += ["", f"Happened: {', '.join(faults) or 'no fault, no interruption'}"]
    lines.append("NO-GO: this run does damage" if count else "Nothing was violated in this run")
    return text_of(lines)
