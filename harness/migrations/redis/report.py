"""What a person reads after a rehearsal, a run, a way back, a search."""

from collections.abc import Callable, Sequence
from typing import Any

from harness.migrations.redis.back.rollback import RolledBack
from harness.migrations.redis.crashes import Search
from harness.migrations.redis.mapping.plan import COPY, Step
from harness.migrations.redis.moving.migrator import DryRun, Migrated
from harness.migrations.redis.planfile.declaration import DROP, Declaration
from harness.migrations.redis.rehearsal import Rehearsed
from harness.model.decision import Decision
from harness.model.verdict import Finding, Verdict, agree, count_held, held_lines
from harness.terminal.lines import some, text_of


def rules_as_json(declaration: Declaration, steps: Sequence[Step]) -> list[dict[str, Any]]:
    """What each rule moves."""
    return [
        {
            "line": rule.line,
            "from": declaration.source + rule.source.text,
            "to": declaration.target + rule.target.text,
            "type": rule.type,
            "ttl": rule.ttl,
            "keys": len(mine := [step for step in steps if step.rule == number]),
            "members": sum(step.content.members for step in mine),
            "targets": sum(len(step.targets) for step in mine),
            "withEnd": sum(step.ends >= 0 for step in mine),
            "renamed": sum(step.renames for step in mine),
        }
        for number, rule in enumerate(declaration.rules)
    ]


def _rule_lines(declaration: Declaration, steps: Sequence[Step]) -> list[str]:
    lines = []
    for one, rule in zip(rules_as_json(declaration, steps), declaration.rules, strict=True):
        if not one["keys"]:
            lines.append(f"  {rule}: no key matches (line {one['line']})")
            continue
        keys = agree("{n} key{s}", one["keys"])
        members = "" if rule.was == "string" else f", {agree('{n} member{s}', one['members'])}"
        became = f" into {one['targets']:,}" if one["targets"] != one["keys"] else ""
        way = "renamed" if one["renamed"] == one["keys"] else "written anew"
        ends = f", {one['withEnd']:,} with an end{', which is dropped' if rule.ttl == DROP else ''}"
        lines.append(f"  {rule}: {keys}{became}{members}, {rule.type}, {way}{ends if one['withEnd'] else ''}")
    return lines


def _way(look_mode: str) -> str:
    return "the source stays as it is" if look_mode == COPY else "the source goes away"


def rehearsed_text(declaration: Declaration, done: Rehearsed, seconds: float, command: str) -> str:
    """The report that fits on a screen; ``command`` runs the same again."""
    dry_run = done.dry_run
    lines = [
        f"Rehearsal of {declaration.name}: {declaration.source or '(all)'} → {declaration.target or '(all)'}",
        f"Source: {done.source}; nothing was changed there",
        f"Copy:   on {done.server}" if done.server else "Copy:   none was made",
        "",
        f"What --apply would do ({dry_run.plan.mode}: {_way(dry_run.plan.mode)}):",
        *_rule_lines(declaration, dry_run.plan.steps),
        *_notes(dry_run),
        "",
    ]
    if done.migrated is None:
        return text_of(
            [
                *lines,
                *_refused_lines(dry_run),
                done.decision.as_text("", "it would not start"),
                f"Again: {command}",
            ]
        )
    return text_of([*lines, *judgement(done.verdicts, done.decision, seconds), f"Again: {command}"])


def _notes(dry_run: DryRun) -> list[str]:
    left = dry_run.inventory.left
    lines = [agree("Note: {n} key{s} {are} left where {they} {are}, as the plan says", left)] if left else []
    accepted = [str(one) for one in dry_run.inventory.found.values() if one.names and one.accepted]
    if not dry_run.refusals:
        lines += [f"Note: accepted: {one.rpartition(';')[0]}" for one in accepted]
    return [*lines, *(f"Note: {note}" for note in dry_run.notes)]


def _refused_lines(dry_run: DryRun) -> list[str]:
    return [f"Refused: {reason}" for reason in dry_run.refusals]


def judgement(
    verdicts: Sequence[Verdict],
    decision: Decision,
    seconds: float,
    causes: Callable[[Finding], str] = lambda found: "",
) -> list[str]:
    """What was violated, what held, and the decision; ``causes`` of a finding stand behind it."""
    violated = [one for one in verdicts if not one.held]
    lines = []
    for one in violated:
        lines.append(f"FAIL {one.invariant:<4} {one.title}")
        lines += [
            f"       {found.what}{causes(found)}{f': {some(found.keys)}' if found.keys else ''}"
            for found in one.findings
        ]
    names = ", ".join(one.invariant for one in violated)
    return [
        *lines,
        *held_lines(verdicts),
        "",
        decision.as_text(
            f"{count_held(verdicts, 'checks')} ({seconds:.1f} s)",
            f"{len(violated)} of {len(verdicts)} checks violated ({names}) in {seconds:.1f} s",
        ),
    ]


def migrated_text(declaration: Declaration, done: Migrated, decision: Decision, seconds: float) -> str:
    """What a real run says."""
    if not done.verdicts and done.resumed:
        return text_of(["It is migrated already: nothing was changed"])
    if not done.plan.steps:
        return text_of([decision.as_text("", "")])
    resumed = ", resumed" if done.resumed else ""
    lines = [
        f"Migrated {declaration.name} by {done.plan.mode}{resumed}: {done.moved:,} members moved, "
        f"{_way(done.plan.mode)}",
        *_rule_lines(declaration, done.plan.steps),
    ]
    if done.backup:
        lines.append(f"The backup is {done.backup}")
    return text_of([*lines, "", *judgement(done.verdicts, decision, seconds)])


def begun_text(phase: str, late: Sequence[str]) -> str:
    """What a dry run says where a migration was begun."""
    if phase != "complete":
        return f"A migration was begun here ({phase}): --apply goes on with it"
    lines = ["It is migrated: --apply would change nothing"]
    if late:
        text = agree("{n} key{s} came to the source since, and {were} not moved", len(late))
        lines.append(f"{text}: {some(late)}; stop who writes there")
    return text_of(lines)


def rolled_text(rolled: RolledBack, *, applied: bool) -> str:
    """What the way back did, or would do."""
    if rolled.mode is None:
        return "No migration was begun here: nothing to take back"
    if applied:
        lines = [f"Taken back (migrated by {rolled.mode})", *(f"  {text}" for text in rolled.plan)]
        return text_of([*lines, f"What the target held is in {rolled.export}"])
    would = "Would not start." if rolled.refusals else "Would start. Stop who writes there, then add --apply."
    return text_of(
        [
            f"Dry run of the way back, nothing was changed (migrated by {rolled.mode}):",
            *(f"  {text}" for text in rolled.plan),
            *(f"Refused: {reason}" for reason in rolled.refusals),
            would,
        ]
    )


def search_text(search: Search, seconds: float, command: str) -> str:
    """What the crash search found."""
    lines = [
        f"A crash before each of {search.there:,} commands of the way there and {search.back:,} of the way "
        f"back, then gone on with: {search.crashes:,} runs, as reading changes nothing ({seconds:.1f} s)"
    ]
    lines += [f"FAIL {text}" for text in search.broken[:10]]
    no_go = f"{len(search.broken):,} end differently"
    lines.append(search.decision.as_text("every one ends in the same state", no_go))
    return text_of([*lines, f"Again: {command}"])
