"""What a person reads after a rehearsal, a dry run, a migration, a search."""

from collections.abc import Sequence
from typing import Any

from harness.migrations.codeq.hazards import HAZARDS, Shown
from harness.migrations.codeq.option_b.claim_script import HOW, NEEDED
from harness.migrations.codeq.option_b.migrator import Migrated
from harness.migrations.codeq.option_b.plan import parts
from harness.migrations.codeq.option_b.preflight import Preflight
from harness.migrations.codeq.option_b.rollback import RolledBack
from harness.migrations.codeq.option_b.stragglers import Stragglers
from harness.migrations.codeq.rehearsal.drain import Drained
from harness.migrations.codeq.rehearsal.literal import Attempt
from harness.migrations.codeq.rehearsal.rehearse import Rehearsed
from harness.migrations.redis.mapping.plan import COPY, RENAME
from harness.migrations.redis.report import judgement
from harness.model.course import Course
from harness.model.decision import Decision
from harness.model.verdict import Finding, Verdict, agree
from harness.report.document import found_document, search_document
from harness.terminal.lines import some, text_of
from kvstore.clock import iso

_TITLES = {hazard.name: hazard.title for hazard in HAZARDS}


def rehearsed_text(done: Rehearsed, seconds: float, command: str) -> str:
    """The report that fits on a screen; ``command`` runs the same again."""
    lines = [
        f"Rehearsal of the codeQ migration · option {done.option}",
        f"Server: {done.server}",
        f"Source: {done.keys:,} legacy keys as of {iso(done.taken)}, copied; nothing was written there",
        f"        {done.tasks:,} tasks when the traffic was frozen",
        "",
        *_literal_lines(done.attempts),
        *_migrated_lines(done),
        *(f"Note: {note}" for note in done.notes),
        "",
        *_judgement(done.verdicts, done.decision, seconds, command),
    ]
    return text_of(lines)


def rehearsed_document(done: Rehearsed, seconds: float, given: Sequence[str], command: str) -> dict[str, Any]:
    """What a page shows of a rehearsal; ``given`` are the arguments, ``command`` runs the same again."""
    about = [
        f"Rehearsal of the codeQ migration · option {done.option} · on {done.server}",
        f"Source: {done.keys:,} legacy keys as of {iso(done.taken)}, copied; "
        f"{done.tasks:,} tasks when the traffic was frozen",
        *map(str.strip, _migrated_lines(done)),
        *(f"Note: {note}" for note in done.notes),
        *(
            f"Of the guide's own words this fails here: {one.words}"
            for one in done.attempts
            if not one.worked
        ),
    ]
    return judged_document(given, about, done.decision, done.verdicts, seconds, command, done.course)


def judged_document(
    given: Sequence[str],
    about: Sequence[str],
    decision: Decision,
    verdicts: Sequence[Verdict],
    seconds: float,
    command: str,
    course: Course | None = None,
) -> dict[str, Any]:
    """What a page shows of a checklist."""
    findings = [
        {
            **found_document(verdict, one, command),
            "causes": [{"hazard": name, "what": _TITLES.get(name, "")} for name in one.hazards],
        }
        for verdict in verdicts
        for one in verdict.findings
    ]
    return search_document(
        "codeq", given, about, decision, findings, seconds, verdicts=verdicts, course=course
    )


def accepted_text(
    url: str,
    server: str,
    verdicts: Sequence[Verdict],
    untried: Sequence[str],
    decision: Decision,
    seconds: float,
    command: str,
) -> str:
    """What the checklist says of a deployed codeQ; ``untried`` are the tokens that there were none of."""
    lines = [f"The checklist for codeQ at {url}", f"Server: {server}"]
    if untried:
        lines.append(
            f"Note: V10 authorisation did not try what must be refused to {', '.join(untried)}: "
            "there is no such token in --tokens"
        )
    lines.append("")
    return text_of([*lines, *_judgement(verdicts, decision, seconds, command)])


def hazards_text(server: str, shown: Sequence[Shown], decision: Decision) -> str:
    """What each hazard does, and what tells of it."""
    lines = [f"Hazards of the move to codeQ, on {server}"]
    for one in shown:
        lines.append(f"{one.hazard.removeprefix('codeq/'):<4} {one.title} ({one.seconds:.2f} s)")
        lines.append(f"       seen: {one.what or 'NOTHING HAPPENED'}")
        lines.append(f"       found: {one.found or 'NOTHING TELLS OF IT'}")
    lines.append(decision.as_text(f"all {len(shown)} were seen and found", ", ".join(decision.violated)))
    return text_of(lines)


def dry_run_text(dry_run: Preflight) -> str:
    """What the dry run says."""
    lines = [
        f"Dry run of option B on {dry_run.server}: nothing was changed",
        *_planned_lines(dry_run),
        *(f"Note: {note}" for note in dry_run.notes),
        *(f"Refused: {reason}" for reason in dry_run.refusals),
        "Would not start."
        if dry_run.refusals
        else "Would start. Freeze producers and workers, then add --apply.",
    ]
    return text_of(lines)


_MODES = {
    RENAME: "each key is renamed, and its old name is gone",
    COPY: "each key is copied, and legacy: stays as it is",
}


def _planned_lines(dry_run: Preflight) -> list[str]:
    if not dry_run.plan.steps:
        return []
    commands = agree("{n} command{s}", len(dry_run.commands))
    return [f"For {commands}, {_MODES[dry_run.plan.mode]}:", *(f"  {part}" for part in parts(dry_run.plan))]


def migrated_text(done: Migrated) -> str:
    """What a real run says."""
    lines = [
        f"Migrated by {done.plan.mode}{', resumed' if done.resumed else ''}: {done.changes:,} changes, "
        f"moved in {done.seconds:.1f} s",
        *(f"  {part}: {count:,}" for part, count in done.changed),
    ]
    if done.extended:
        lines.append(f"  {done.extended:,} leases extended")
    if done.backup:
        lines.append(f"The backup is {done.backup}")
    if done.claims_fail:
        lines.append(f"Before codeQ starts: {NEEDED}; {HOW}")
    return text_of(lines)


def drained_text(drained: Drained) -> str:
    """What option A's wait ended with."""
    causes: dict[tuple[str, str], list[str]] = {}
    for stall in drained.stalls:
        causes.setdefault((stall.command, stall.why), []).append(stall.task)
    lines = [f"  {command}, {why}: {len(ids):,}, {some(ids)}" for (command, why), ids in causes.items()]
    return text_of([*_drained_lines(drained), *lines])


def stragglers_text(found: Stragglers) -> str:
    """What the old service wrote after the migration, and what became of it."""
    if not found.moved and not found.left:
        return "No stragglers: nothing was written under legacy: since the migration"
    lines = []
    if found.moved:
        what = (
            "{n} straggler{s} {were} moved" if found.applied else "{n} straggler{s} would be moved by --apply"
        )
        text = agree(what, len(found.moved))
        lines.append(f"{text}: {some(found.moved)}")
    lines += [f"{one} stays: {why}" for one, why in list(found.left.items())[:20]]
    if len(found.left) > 20:
        lines.append(f"{len(found.left) - 20:,} more stay; --json names them all")
    return text_of(lines)


def rolled_text(rolled: RolledBack, *, applied: bool) -> str:
    """What a rollback did, or would mean."""
    if rolled.mode is None:
        return "No migration was begun here: nothing to roll back"
    if not applied:
        lines = [
            f"Dry run of a rollback, nothing was changed (migrated by {rolled.mode}):",
            *(f"  {text}" for text in rolled.plan),
            *(f"Note: {text}" for text in rolled.sentences),
            *(f"Refused: {reason}" for reason in rolled.refusals),
        ]
        would = "Would start. Stop codeQ's clients, then add --apply."
        return text_of([*lines, "Would not start." if rolled.refusals else would])
    lines = [f"Rolled back (migrated by {rolled.mode})", *(f"  {text}" for text in rolled.sentences)]
    return text_of([*lines, f"Everything that was under codeq: is in {rolled.export}"])


def _literal_lines(attempts: Sequence[Attempt]) -> list[str]:
    lines = ["The guide's own words, on this server:"]
    for attempt in attempts:
        lines.append(f"  {'works' if attempt.worked else 'fails'}: {attempt.words} → {attempt.answer}")
        if not attempt.worked:
            lines.append(f"         instead: {attempt.instead}")
    return [*lines, ""]


def _migrated_lines(done: Rehearsed) -> list[str]:
    if done.migrated is not None:
        steps = [f"  {part}" for part in parts(done.migrated.plan)]
        return [f"Migrated by {done.migrated.plan.mode}, {done.migrated.changes:,} changes:", *steps]
    assert done.drained is not None, "either option leaves something"
    return _drained_lines(done.drained)


def _drained_lines(drained: Drained) -> list[str]:
    state = "Drained" if drained.empty else "Not drained"
    return [
        f"{state} after {drained.seconds:.0f} s and {drained.polls} polls",
        *(f"  {key}: {count:,} left" for key, count in drained.left.items()),
    ]


def _judgement(verdicts: Sequence[Verdict], decision: Decision, seconds: float, command: str) -> list[str]:
    return [*judgement(verdicts, decision, seconds, _causes), f"Again: {command}"]


def _causes(found: Finding) -> str:
    return f" [{'; '.join(map(_hazard, found.hazards))}]" if found.hazards else ""


def _hazard(name: str) -> str:
    """``codeq/H4, a lease is missing, over, or without an end``: a hazard with what it is."""
    title = _TITLES.get(name)
    return f"{name}, {title}" if title else name
