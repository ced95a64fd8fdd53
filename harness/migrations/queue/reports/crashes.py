"""The report of a search: what was visited, and each thing that goes wrong with the command that shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from harness.migrations.queue.rehearsal.crashes import OPERATOR_RUNS, Exploration, Violation
from harness.migrations.queue.reports.rehearsal import source_lines
from harness.model.decision import Decision
from harness.report.document import search_document
from harness.sources.source import Source
from harness.terminal.lines import some, text_of
from kvstore.faults import FAULTS


@dataclass(frozen=True)
class CrashSearch:
    """A finished search. ``command`` begins a rehearsal of the same source, and lacks only the fault."""

    source: Source
    migration: str
    kinds: tuple[str, ...]
    exploration: Exploration
    seconds: float
    command: str

    @property
    def decision(self) -> Decision:
        looked = self.exploration.looked
        unmet = [] if looked.fired else ["no planned fault ever happened"]
        violated = [f"{one.invariant} {one.what}" for one in self.exploration.violations]
        return Decision(violated, looked, unmet)

    @property
    def points(self) -> int:
        """How many there are to visit."""
        return self.exploration.operations * len(self.kinds)

    @property
    def sentences(self) -> list[str]:
        """What was visited, and how."""
        visited = f"{self.exploration.operations:,} operations × {len(self.kinds)} kinds of fault"
        missed = self.points - self.exploration.visited
        whole = f"all but {missed:,}, where the fault did not happen" if missed else "all there are"
        baseline = ", ".join(self.exploration.baseline)
        return [
            f"Search through the {self.migration} queue migration: one fault at a time, at every operation",
            *source_lines(self.source),
            f"Visited: {visited} ({', '.join(self.kinds)}) = {self.exploration.visited:,} points, {whole}, "
            f"in {self.seconds:.1f} s",
            "After each fault the operator runs the migration again, and goes on."
            + (f" ({OPERATOR_RUNS} runs at most.)" if self.migration == "documented" else ""),
            *([f"Violated without any fault, and not repeated here: {baseline}"] if baseline else []),
        ]

    def replay(self, violation: Violation) -> str:
        """The command that rehearses the first fault that shows a violation."""
        runs = f" --runs {OPERATOR_RUNS}" if self.migration == "documented" else ""
        return f"{self.command} --fault {violation.first}{runs}"


def as_json(search: CrashSearch) -> dict[str, Any]:
    """The whole search: every violation with every point at which it happens."""
    exploration = search.exploration
    return {
        "migration": "queue",
        "variant": search.migration,
        "explore": "crashes",
        "source": search.source.label,
        "expired": search.source.namespace.expired,
        "faults": list(search.kinds),
        "operations": exploration.operations,
        "visited": exploration.visited,
        "exhausted": exploration.visited == search.points,
        "violatedWithoutFault": exploration.baseline,
        "violations": [
            {
                "invariant": one.invariant,
                "points": one.points,
                "what": one.what,
                "keys": list(one.keys),
                "hazards": list(one.hazards),
                "operation": one.operation,
                "replay": search.replay(one),
            }
            for one in exploration.violations
        ],
        "held": not exploration.violations,
        **search.decision.as_json(),
        "seconds": round(search.seconds, 3),
    }


def as_text(search: CrashSearch) -> str:
    """The report for a person."""
    lines = list(search.sentences)
    found = search.exploration.violations
    for title, violations in groupby(found, key=lambda one: (one.invariant, one.title)):
        lines += ["", f"FAIL {title[0]:<4} {title[1]}"]
        lines += [line for one in violations for line in _violation_lines(search, one)]
    return text_of([*lines, "", _conclusion(search)])


def _violation_lines(search: CrashSearch, one: Violation) -> list[str]:
    hazards = f" [{', '.join(one.hazards)}]" if one.hazards else ""
    keys = f": {some(one.keys)}" if one.keys else ""
    points = ", ".join(f"{kind} at {len(points):,}" for kind, points in one.points.items())
    when = f"when {FAULTS[one.first.kind].when} operation {one.first.at}, {one.operation}"
    return [
        f"     {one.what}{hazards}{keys}",
        f"       {when} (in all: {points})",
        f"       {search.replay(one)}",
    ]


def _conclusion(search: CrashSearch) -> str:
    found = search.exploration.violations
    return search.decision.as_text(
        "no fault leads to anything that does not happen without it",
        f"{len(found)} kinds of damage, each with the command that shows it",
    )


def document(search: CrashSearch, given: Sequence[str]) -> dict[str, Any]:
    """A search through the faults of a walk, ``given`` these arguments."""
    exploration = search.exploration
    findings = [
        {
            "invariant": one.invariant,
            "code": "",
            "title": one.title,
            "what": one.what,
            "keys": list(one.keys),
            "hazards": list(one.hazards),
            "moments": [],
            "runs": sum(map(len, one.points.values())),
            "scenario": "",
            "replay": search.replay(one),
        }
        for one in exploration.violations
    ]
    what = f"{exploration.operations:,} operations × {', '.join(search.kinds)}"
    return search_document(
        "queue",
        given,
        search.sentences,
        search.decision,
        findings,
        search.seconds,
        parts=[{"part": "faults", "what": what, "looked": search.decision.as_json()["looked"], "met": {}}],
    )
