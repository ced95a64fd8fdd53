"""What a person reads after a rehearsal, a dry run, a migration, a search."""

from collections.abc import Sequence

from harness.codeq.crashes import Search
from harness.codeq.literal import Attempt
from harness.codeq.migrator import Migrated
from harness.codeq.preflight import Preflight
from harness.codeq.rehearsal import Rehearsed
from harness.codeq.rollback import RolledBack
from harness.report import folded, some
from harness.verdict import Verdict


def rehearsed_text(done: Rehearsed, seconds: float, command: str) -> str:
    """The report that fits on a screen; ``command`` runs the same again."""
    lines = [
        f"Rehearsal of the codeQ migration · option {done.option}",
        f"Server: {done.server}",
        f"Source: {done.keys:,} legacy keys copied; nothing was written there",
        f"        {done.tasks:,} tasks when the traffic was frozen",
        "",
        *_literal_lines(done.attempts),
        *_migrated_lines(done),
        *(f"Note: {note}" for note in done.notes),
        "",
        *(line for one in done.violated for line in _violation(one)),
        *_held(done.verdicts),
        "",
        _conclusion(done, seconds),
        f"Again: {command}",
    ]
    return _folded(lines)


def look_text(look: Preflight) -> str:
    """What the dry run says."""
    lines = [
        f"Dry run of option B on {look.server}: nothing was changed",
        f"{len(look.state.tasks):,} tasks, {len(look.state.leases):,} leases, "
        f"{len(look.state.queues):,} commands; by {look.plan.mode}:",
        *(f"  {step}" for step in look.plan.steps),
        *(f"Note: {note}" for note in look.notes),
        *(f"Refused: {reason}" for reason in look.refusals),
        "Would not start."
        if look.refusals
        else "Would start. Freeze producers and workers, then add --apply.",
    ]
    return _folded(lines)


def migrated_text(done: Migrated) -> str:
    """What a real run says."""
    lines = [
        f"Migrated by {done.plan.mode}{', resumed' if done.resumed else ''}: {done.changes:,} changes",
        *(f"  {step}: {count:,}" for step, count in done.changed),
    ]
    if done.extended:
        lines.append(f"  {done.extended:,} leases extended")
    if done.backup:
        lines.append(f"The backup is {done.backup}")
    return _folded(lines)


def rolled_text(rolled: RolledBack, *, applied: bool) -> str:
    """What a rollback did, or would mean."""
    if rolled.mode is None:
        return "No migration was begun here: nothing to roll back"
    first = "Rolled back" if applied else "Dry run of a rollback, nothing was changed"
    lines = [f"{first} (migrated by {rolled.mode})", *(f"  {text}" for text in rolled.sentences)]
    if rolled.export:
        lines.append(f"Everything that was under codeq: is in {rolled.export}")
    return _folded(lines)


def search_text(search: Search, seconds: float) -> str:
    """What the crash search found."""
    lines = [f"A crash before each of {search.points:,} commands of option B, resumed ({seconds:.1f} s)"]
    lines += [f"FAIL {text}" for text in search.broken[:10]]
    if not search.broken:
        lines.append("GO: every one ends in the same state")
    else:
        lines.append(f"NO-GO: {len(search.broken):,} end differently")
    return _folded(lines)


def _literal_lines(attempts: Sequence[Attempt]) -> list[str]:
    lines = ["The guide's own words, on this server:"]
    for attempt in attempts:
        lines.append(f"  {'works' if attempt.worked else 'fails'}: {attempt.words} → {attempt.answer}")
        if not attempt.worked:
            lines.append(f"         instead: {attempt.instead}")
    return [*lines, ""]


def _migrated_lines(done: Rehearsed) -> list[str]:
    if done.migrated is not None:
        steps = [f"  {step}" for step in done.migrated.plan.steps]
        return [f"Migrated by {done.migrated.plan.mode}, {done.migrated.changes:,} changes:", *steps]
    assert done.drained is not None, "either option leaves something"
    state = "Drained" if done.drained.empty else "Not drained"
    return [
        f"{state} after {done.drained.seconds:.0f} s and {done.drained.polls} polls",
        *(f"  {key}: {count:,} left" for key, count in done.drained.left.items()),
    ]


def _violation(one: Verdict) -> list[str]:
    lines = [f"FAIL {one.invariant:<4} {one.title}"]
    for found in one.findings:
        why = f" [{', '.join(found.hazards)}]" if found.hazards else ""
        lines.append(f"       {found.what}{why}{f': {some(found.keys)}' if found.keys else ''}")
    return lines


def _held(verdicts: Sequence[Verdict]) -> list[str]:
    names = [f"{one.invariant} {one.title.partition(':')[0]}" for one in verdicts if one.held]
    return [f"held: {' · '.join(names)}"] if names else []


def _conclusion(done: Rehearsed, seconds: float) -> str:
    if not done.violated:
        return f"GO: all {len(done.verdicts)} checks held ({seconds:.1f} s)"
    names = ", ".join(one.invariant for one in done.violated)
    return f"NO-GO: {len(done.violated)} of {len(done.verdicts)} checks violated ({names}) in {seconds:.1f} s"


def _folded(lines: Sequence[str]) -> str:
    return "\n".join(part for line in lines for part in folded(line))
