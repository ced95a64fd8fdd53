"""The report of a rehearsal: one screen for a person, JSON for a machine."""

from collections.abc import Sequence
from typing import Any

from harness import Call, forecast_lines, sample_lines
from harness.migrations.queue.layout import PENDING, QUARANTINE
from harness.migrations.queue.rehearsal.rehearsal import Rehearsal
from harness.migrations.queue.reports.cost import cost
from harness.migrations.queue.reports.fate import FATES, Fates, fates
from harness.migrations.queue.simulation.record import Record
from harness.migrations.queue.state import QueueState
from harness.model.course import Course, moved_keys, steps_of
from harness.model.verdict import Verdict, count_held, held_lines
from harness.report.document import found_document, search_document
from harness.sources.source import Source
from harness.terminal.lines import some, text_of

_MOST_RUNS = 8


def as_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """The whole rehearsal: counts as numbers, offending keys in full, every exchange."""
    record, found = rehearsal.record, fates(rehearsal.record)
    copy = rehearsal.source.namespace
    return {
        "migration": "queue",
        "strategy": record.scenario.strategy,
        "variant": record.scenario.migration,
        "conditions": rehearsal.conditions.name,
        "judgedBy": rehearsal.conditions.judged_json(),
        "source": {
            "label": rehearsal.source.label,
            "keys": len(copy.entries),
            "expired": copy.expired,
            "valueless": copy.valueless,
            "damaged": copy.damaged,
        },
        "held": not rehearsal.violated,
        **rehearsal.decision.as_json(),
        "inventory": {
            "before": inventory(record.start),
            "after": inventory(_after(record)),
        },
        "cost": cost(record).as_json(),
        **_sampled_json(rehearsal),
        "fates": {fate: sorted(tasks) for fate, tasks in found.of.items()},
        "setAside": sorted(found.set_aside),
        "verdicts": [verdict.as_json() for verdict in rehearsal.verdicts],
        "exchanges": [_call_json(call) for call in _calls(record)],
        "rerun": _call_json(record.judged["rerun"]),
        "seconds": round(rehearsal.seconds, 3),
        "replay": rehearsal.command,
    }


def _sampled_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """Of what the entries were a sample, and what all of them will take."""
    if rehearsal.sample is None:
        return {}
    forecast = rehearsal.sample.forecast(rehearsal.record)
    return {
        "sample": rehearsal.sample.sample.as_json(),
        "forecast": None if forecast is None else forecast.as_json(),
    }


def _sampled_lines(rehearsal: Rehearsal) -> list[str]:
    """The same in lines."""
    if rehearsal.sample is None:
        return []
    forecast = rehearsal.sample.forecast(rehearsal.record)
    return [*sample_lines(rehearsal.sample.sample), *forecast_lines(forecast, rehearsal.sample.sample)]


def _calls(record: Record) -> list[Call]:
    """The requests of the walk, and those of the judge that are steps of the guide."""
    steps = ("listing", "claim", "complete", "queue again")
    return [*record.calls, *(record.judged[step] for step in steps if step in record.judged)]


def _after(record: Record) -> QueueState:
    """The namespace right after the last run."""
    return record.around[record.runs[-1].name][1]


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
    record = rehearsal.record
    requests = {call.name for call in (*record.calls, *record.judged.values())}
    lines = [
        title(rehearsal),
        *source_lines(rehearsal.source),
        *_sampled_lines(rehearsal),
        f"Judged by: {rehearsal.conditions.judged_line()}",
        "",
        *_count_lines(record),
        "",
        *_run_lines(record.runs),
        cost(record).as_text(),
        *_fate_lines(fates(record)),
        "",
        *(line for verdict in rehearsal.violated for line in _violation_lines(verdict, requests)),
        *held_lines(rehearsal.verdicts),
        "",
        _conclusion(rehearsal),
        *([] if rehearsal.sample is None else [rehearsal.sample.sample.conclusion]),
        f"Again: {rehearsal.command}",
    ]
    return text_of(lines)


def document(rehearsal: Rehearsal, given: Sequence[str]) -> dict[str, Any]:
    """What a page shows of it; ``given`` are the arguments."""
    spent = cost(rehearsal.record).as_text()
    counted = ", ".join(f"{len(tasks):,} {fate}" for fate, tasks in fates(rehearsal.record).of.items())
    return search_document(
        "queue",
        given,
        [
            title(rehearsal),
            *source_lines(rehearsal.source),
            *map(str.strip, _sampled_lines(rehearsal)),
            f"Tasks: {counted}",
            spent,
        ],
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
    record = rehearsal.record
    shapes = moved_keys(record.start.entries, _after(record).entries, record.runs[-1].answered)
    budget = rehearsal.conditions.allowance.operations
    return Course(steps_of(record.calls, record.began), budget=budget, moved=shapes)


def title(rehearsal: Rehearsal) -> str:
    """What was rehearsed, in a line."""
    scenario = rehearsal.record.scenario
    return (
        f"Rehearsal of the queue migration · {scenario.migration} · strategy {scenario.strategy} · "
        f"conditions {scenario.conditions}"
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


def _count_lines(record: Record) -> list[str]:
    """The guide's counters beside the truth, before and after the run."""
    rows = [
        ("", "before the run", "", "after the run", ""),
        ("", "status says", "truth", "status says", "truth"),
    ]
    asked = record.to("GET", "/api/migrate/status")
    before, after = asked[0], asked[-1]
    at_before, at_after = record.around[before.name][0], record.around[after.name][0]
    truths = true_counters(at_before), true_counters(at_after)
    for name in truths[0]:
        said = _shown(before.member("status", name)), _shown(after.member("status", name))
        rows.append((name, said[0], f"{truths[0][name]:,}", said[1], f"{truths[1][name]:,}"))
    rows.append(
        (
            "needsMigration",
            _shown(before.member("needsMigration")),
            _shown(needs_migration(at_before)),
            _shown(after.member("needsMigration")),
            _shown(needs_migration(at_after)),
        )
    )
    return [f"{a:<16}{b:>14}{c:>10}{d:>16}{e:>10}" for a, b, c, d, e in rows] + _traits(at_before)


def true_counters(state: QueueState) -> dict[str, int]:
    """The four counters of the status answer, by full scan."""
    return {
        "oldTaskCount": len(state.old_tasks),
        "newTaskCount": len(state.new_tasks),
        "oldLeaseCount": len(state.old_leases),
        "newLeaseCount": len(state.new_leases),
    }


def needs_migration(state: QueueState) -> bool:
    """Whether anything of the old format is left."""
    return bool(state.old_tasks or state.old_leases or PENDING in state.entries)


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


def _run_lines(runs: Sequence[Call]) -> list[str]:
    """The last run in full; earlier ones by what they moved."""
    lines = [f"Run {number} {_answered(run)}: {_moved(run)}" for number, run in enumerate(runs[:-1], 1)]
    if len(lines) > _MOST_RUNS:
        left_out = len(lines) - _MOST_RUNS
        lines[_MOST_RUNS - 2 : -2] = [f"… {left_out:,} more runs; --json has all"]
    run = runs[-1]
    message = run.member("message") or run.member("error") or str(run.answer or "")[:60]
    which = f"Run {len(runs)}" if lines else "The run"
    return [
        *lines,
        f'{which} {_answered(run)} "{message}": {_moved(run)}',
        f"        in {run.seconds:.2f} s of simulated time with {run.operations:,} KV operations",
    ]


def _answered(run: Call) -> str:
    return "was cut off, with no answer" if run.status is None else f"answered {run.status}"


def _moved(run: Call) -> str:
    parts = ", ".join(
        f"{section} {_shown(run.member(section, 'migrated'))}/{_shown(run.member(section, 'failed'))}"
        for section in ("tasks", "leases")
    )
    total = f"{_shown(run.member('totalMigrated'))} moved, {_shown(run.member('totalFailed'))} failed"
    return f"{total} ({parts})"


def _fate_lines(found: Fates) -> list[str]:
    counted = " · ".join(f"{len(found.of[fate]):,} {fate}" for fate in FATES)
    live = sum(map(len, found.of.values()))
    lines = [f"Of {live:,} live tasks the new Worker has: {counted}"]
    if aside := sorted(found.set_aside):
        lines.append(
            f"{len(aside):,} set aside, beside those: {some(aside)}. They are kept as they were, under "
            f"{QUARANTINE}, where no worker looks"
        )
    return lines


def _violation_lines(verdict: Verdict, requests: set[str]) -> list[str]:
    """What is violated, and by which keys; names of ``requests`` are left to --json."""
    lines = [f"FAIL {verdict.invariant:<4} {verdict.title}"]
    for found in verdict.findings:
        why = f" [{', '.join(found.hazards)}]" if found.hazards else ""
        named = [key for key in found.keys if key not in requests]
        keys = f": {some(named)}" if named else ""
        lines.append(f"       {found.what}{why}{keys}")
    return lines


def _conclusion(rehearsal: Rehearsal) -> str:
    held = count_held(rehearsal.verdicts, "invariants")
    names = ", ".join(verdict.invariant for verdict in rehearsal.violated)
    violated = f"{len(rehearsal.violated)} of {len(rehearsal.verdicts)} invariants violated ({names})"
    took = f"{rehearsal.seconds:.1f} s"
    return rehearsal.decision.as_text(f"{held} ({took})", f"{violated} in {took}")
