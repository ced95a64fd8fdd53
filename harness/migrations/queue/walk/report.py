"""The report of a rehearsal: one screen for a person, JSON for a machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness import Call
from harness.decision import Decision
from harness.migrations.queue.layout import PENDING, QUARANTINE
from harness.migrations.queue.state import QueueState
from harness.migrations.queue.walk.cost import cost
from harness.migrations.queue.walk.fate import FATES, fates
from harness.migrations.queue.walk.invariants.status import needs_migration, true_counters
from harness.migrations.queue.walk.outcome import Outcome
from harness.model.course import Course, moved_keys, steps_of
from harness.report.document import found_document, search_document
from harness.sources.source import Source
from harness.terminal.lines import some, text_of
from harness.verdict import Verdict, count_held, held_lines
from kvstore.conditions import Conditions

_MOST_RUNS = 8


@dataclass(frozen=True, repr=False)  # asyncio writes out what a task gives
class Rehearsal:
    """A finished rehearsal with its judgement. ``command`` runs the same one again."""

    source: Source
    strategy: str
    migration: str
    conditions: Conditions
    outcome: Outcome
    verdicts: Sequence[Verdict]
    seconds: float
    command: str

    @property
    def violated(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.held]

    @property
    def decision(self) -> Decision:
        outcome = self.outcome
        unfired = [one for one in outcome.planned if one not in outcome.fired]
        asked = sum(run.report.operations for run in outcome.runs)
        unmet = [f"{one} never happened: the migration asked for {asked:,} operations" for one in unfired]
        return Decision([one.name for one in self.violated], outcome.looked, unmet)


def as_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """The whole rehearsal: counts as numbers, offending keys in full, every exchange."""
    outcome = rehearsal.outcome
    return {
        "migration": "queue",
        "strategy": rehearsal.strategy,
        "variant": rehearsal.migration,
        "conditions": rehearsal.conditions.name,
        "judgedBy": rehearsal.conditions.judged_json(),
        "source": {
            "label": rehearsal.source.label,
            "keys": len(rehearsal.source.namespace.entries),
            "expired": rehearsal.source.namespace.expired,
            "valueless": rehearsal.source.namespace.valueless,
            "damaged": rehearsal.source.namespace.damaged,
        },
        "held": not rehearsal.violated,
        **rehearsal.decision.as_json(),
        "inventory": {
            "before": inventory(outcome.before),
            "after": inventory(outcome.after),
        },
        "cost": cost(outcome, simulated=rehearsal.conditions.simulated).as_json(),
        "fates": {fate: sorted(tasks) for fate, tasks in fates(outcome).items()},
        "setAside": sorted(outcome.set_aside),
        "verdicts": [verdict.as_json() for verdict in rehearsal.verdicts],
        "exchanges": [_call_json(call) for call in outcome.calls],
        "rerun": _call_json(outcome.rerun.report),
        "seconds": round(rehearsal.seconds, 3),
        "replay": rehearsal.command,
    }


def _call_json(call: Call) -> dict[str, Any]:
    return {
        "step": call.step,
        "method": call.method,
        "path": call.path,
        "status": call.status,
        "body": call.answer,
        "seconds": call.seconds,
        "operations": call.operations,
    }


def inventory(state: QueueState) -> dict[str, Any]:
    """A namespace counted by full scan."""
    return {
        **true_counters(state),
        "pendingEntries": len(state.pending) if state.has_pending_array else None,
        "pendingIds": len(set(state.pending_ids)),
        "pendingExists": PENDING in state.entries,
        "needsMigration": needs_migration(state),
        "live": len(state.live),
        "duplicates": sorted(state.duplicates),
        "dangling": state.dangling,
        "orphans": state.orphans,
        "corrupt": state.corrupt,
        "permanent": len(state.permanent),
        "withMetadata": len(state.with_metadata),
        "results": len(state.results),
        "otherKeys": len(state.others),
    }


def as_text(rehearsal: Rehearsal) -> str:
    """The report that fits on a screen."""
    outcome = rehearsal.outcome
    lines = [
        title(rehearsal),
        *source_lines(rehearsal.source),
        f"Judged by: {rehearsal.conditions.judged_line()}",
        "",
        *_count_lines(outcome),
        "",
        *_run_lines(outcome, simulated=rehearsal.conditions.simulated),
        cost(outcome, simulated=rehearsal.conditions.simulated).as_text(),
        *_fate_lines(outcome),
        "",
        *(line for verdict in rehearsal.violated for line in _violation_lines(verdict)),
        *held_lines(rehearsal.verdicts),
        "",
        _conclusion(rehearsal),
        f"Again: {rehearsal.command}",
    ]
    return text_of(lines)


def document(rehearsal: Rehearsal, given: Sequence[str]) -> dict[str, Any]:
    """What a page shows of it; ``given`` are the arguments."""
    outcome = rehearsal.outcome
    spent = cost(outcome, simulated=rehearsal.conditions.simulated).as_text()
    counted = ", ".join(f"{len(tasks):,} {fate}" for fate, tasks in fates(outcome).items())
    return search_document(
        "queue",
        given,
        [title(rehearsal), *source_lines(rehearsal.source), f"Tasks: {counted}", spent],
        rehearsal.decision,
        [
            found_document(verdict, one, rehearsal.command)
            for verdict in rehearsal.violated
            for one in verdict.findings
        ],
        rehearsal.seconds,
        verdicts=rehearsal.verdicts,
        course=_course(rehearsal),
    )


def _course(rehearsal: Rehearsal) -> Course:
    outcome = rehearsal.outcome
    shapes = moved_keys(outcome.before.entries, outcome.after.entries, round(1000 * outcome.now))
    began = min((call.sent for call in outcome.calls), default=0)
    budget = rehearsal.conditions.allowance.operations
    return Course(steps_of(outcome.calls, began), budget=budget, moved=shapes)


def title(rehearsal: Rehearsal) -> str:
    """What was rehearsed, in a line."""
    return (
        f"Rehearsal of the queue migration · {rehearsal.migration} · strategy {rehearsal.strategy} · "
        f"conditions {rehearsal.conditions.name}"
    )


def source_lines(source: Source) -> list[str]:
    """Where a namespace came from, and what the copy of it is like."""
    copy = source.namespace
    lines = [
        f"Source: {source.label}",
        f"        {len(copy.entries):,} keys copied; nothing was written there",
    ]
    if copy.expired:
        lines[-1] += f"; {copy.expired:,} expired ones left out"
    if copy.valueless:
        lines.append(f"        {len(copy.valueless):,} keys have no value on disk: {some(copy.valueless)}")
    if copy.damaged:
        lines.append(f"        {len(copy.damaged):,} damaged rows were left out: {some(copy.damaged)}")
    return lines


def _count_lines(outcome: Outcome) -> list[str]:
    """The guide's counters beside the truth, before and after the run."""
    rows = [
        ("", "before the run", "", "after the run", ""),
        ("", "status says", "truth", "status says", "truth"),
    ]
    truths = true_counters(outcome.at_status), true_counters(outcome.after)
    for name in truths[0]:
        said = (
            _shown(outcome.status_before.member("status", name)),
            _shown(outcome.status_after.member("status", name)),
        )
        rows.append((name, said[0], f"{truths[0][name]:,}", said[1], f"{truths[1][name]:,}"))
    rows.append(
        (
            "needsMigration",
            _shown(outcome.status_before.member("needsMigration")),
            _shown(needs_migration(outcome.at_status)),
            _shown(outcome.status_after.member("needsMigration")),
            _shown(needs_migration(outcome.after)),
        )
    )
    return [f"{a:<16}{b:>14}{c:>10}{d:>16}{e:>10}" for a, b, c, d, e in rows] + _traits(outcome.before)


def _traits(state: QueueState) -> list[str]:
    """What the pending list and the tasks are like, where it matters."""
    named = {
        "repeated in the list": len(state.duplicates),
        "dangling (listed, no task)": len(state.dangling),
        "orphans (task, not listed)": len(state.orphans),
        "corrupt": len(state.corrupt),
        "permanent": len(state.permanent),
        "with metadata": len(state.with_metadata),
    }
    found = ", ".join(f"{count:,} {name}" for name, count in named.items() if count)
    return [f"Of those: {found}"] if found else []


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else "–"


def _run_lines(outcome: Outcome, *, simulated: bool) -> list[str]:
    """The last run in full; earlier ones by what they moved."""
    lines = [
        f"Run {number} answered {run.report.status}: {_moved(run.report)}"
        for number, run in enumerate(outcome.runs[:-1], 1)
    ]
    if len(lines) > _MOST_RUNS:
        left_out = len(lines) - _MOST_RUNS
        lines[_MOST_RUNS - 2 : -2] = [f"… {left_out:,} more runs; --json has all"]
    run = outcome.run
    message = run.member("message") or run.member("error") or str(run.answer)[:60]
    which = f"Run {len(outcome.runs)}" if lines else "The run"
    took = f"{run.seconds:.2f} s{' of simulated time' if simulated else ''}"
    return [
        *lines,
        f'{which} answered {run.status} "{message}": {_moved(run)}',
        f"        in {took} with {run.operations:,} KV operations",
    ]


def _moved(run: Call) -> str:
    parts = ", ".join(
        f"{section} {_shown(run.member(section, 'migrated'))}/{_shown(run.member(section, 'failed'))}"
        for section in ("tasks", "leases")
    )
    total = f"{_shown(run.member('totalMigrated'))} moved, {_shown(run.member('totalFailed'))} failed"
    return f"{total} ({parts})"


def _fate_lines(outcome: Outcome) -> list[str]:
    found = fates(outcome)
    counted = " · ".join(f"{len(found[fate]):,} {fate}" for fate in FATES)
    lines = [f"Of {len(outcome.expected):,} live tasks the new Worker has: {counted}"]
    if aside := sorted(outcome.set_aside):
        lines.append(
            f"{len(aside):,} set aside, beside those: {some(aside)}. They are kept as they were, under "
            f"{QUARANTINE}, where no worker looks"
        )
    return lines


def _violation_lines(verdict: Verdict) -> list[str]:
    lines = [f"FAIL {verdict.invariant:<4} {verdict.title}"]
    for found in verdict.findings:
        why = f" [{', '.join(found.hazards)}]" if found.hazards else ""
        keys = f": {some(found.keys)}" if found.keys else ""
        lines.append(f"       {found.what}{why}{keys}")
    return lines


def _conclusion(rehearsal: Rehearsal) -> str:
    held = count_held(rehearsal.verdicts, "invariants")
    names = ", ".join(verdict.invariant for verdict in rehearsal.violated)
    violated = f"{len(rehearsal.violated)} of {len(rehearsal.verdicts)} invariants violated ({names})"
    took = f"{rehearsal.seconds:.1f} s"
    return rehearsal.decision.as_text(f"{held} ({took})", f"{violated} in {took}")
