"""What a person reads after a rehearsal, a run, a way back, a search."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any, Literal

from harness import Course, CourseStep, damage_document, search_document
from harness.migrations.redis.back.rollback import RolledBack
from harness.migrations.redis.crashes import BACK, THERE, Resumption, Scenario, Search
from harness.migrations.redis.flags import on_progress
from harness.migrations.redis.mapping.plan import COPY, Step
from harness.migrations.redis.moving.migrator import DryRun, Migrated
from harness.migrations.redis.planfile.declaration import DROP, Declaration
from harness.migrations.redis.rehearsal import Rehearsed
from harness.model.decision import Decision
from harness.model.verdict import Finding, Verdict, agree, count_held, held_lines
from harness.terminal.lines import some, text_of
from kvstore.clock import stopwatch


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


# How many commands before a crash are shown.
_LAST = 5


def resumed(
    migration: str,
    system: Resumption,
    options: Namespace,
    replay: Callable[[Scenario], str],
    command: str,
) -> tuple[dict[str, Any], str, int, dict[str, Any] | None]:
    """The crash search, or one scenario of it: for machines, for people, the exit code, and for a page.

    ``replay`` is the command that runs a scenario again.
    """
    start = stopwatch()
    if options.scenario is None:
        search = system.explore(on_progress(options))
        seconds = stopwatch() - start
        text = search_text(search, seconds, replay, command)
        page = search_page(migration, search, seconds, options.given, replay)
        return search.as_json(replay), text, search.decision.exit_code, page
    scenario, (system, _) = options.scenario, system.undisturbed()
    record = system.simulate(scenario)
    seen = system.seen(record)
    missed = [str(one) for one in scenario.faults if str(one) not in record.fired]
    decision = Decision(
        [one.name for one in seen.verdicts if not one.held],
        seen.looked,
        [f"this crash never happened: {', '.join(missed)}"] if missed else [],
    )
    document = {
        "scenario": str(scenario),
        "runs": [
            {"run": call.name, "commands": call.operations, "before": one.cut, "last": one.sent[-_LAST:]}
            for call, one in zip(record.calls, record.tried.values(), strict=True)
        ],
        "verdicts": [one.as_json() for one in seen.verdicts],
        **decision.as_json(),
    }
    lines = [f"One run of the crash search: {scenario}"]
    for call, one in zip(record.calls, record.tried.values(), strict=True):
        lines.append(f"  {call.name:<8} {agree('{n} command{s}', call.operations)}")
        if one.cut:
            lines += [f"           {text}" for text in one.sent[-_LAST:]]
            lines.append(f"           killed before {one.cut}")
    judged = judgement(seen.verdicts, decision, stopwatch() - start)
    return document, text_of([*lines, *judged, f"Again: {command}"]), decision.exit_code, None


def search_page(
    migration: str,
    search: Search,
    seconds: float,
    given: Sequence[str],
    replay: Callable[[Scenario], str],
) -> dict[str, Any]:
    """What a page shows of the crash search; ``given`` are the arguments."""
    about = [
        f"A crash before each of {search.there:,} commands of the way there and {search.back:,} of the way "
        "back, then gone on with"
    ]
    starts, points = {THERE: 0, BACK: search.there}, search.there + search.back
    steps = [
        CourseStep("mover", f"{search.there:,} commands, when nothing cuts it off", 0, search.there),
        CourseStep("way back", f"{search.back:,} commands, the same", search.there, points),
    ]
    for fault, broken in search.tried.items():
        way = fault.request.partition(".")[0]
        came = broken or "resumed, it comes to the same end"
        what, at = f"killed before command {fault.at:,} of the way {way}: {came}", starts[way] + fault.at
        outcome: Literal["failed", "done"] = "failed" if broken else "done"
        steps.append(CourseStep("killed, then resumed", what, at - 1, at, outcome))
    return search_document(
        migration,
        given,
        about,
        search.decision,
        [{**damage_document(one, replay(one.scenario)), "causes": []} for one in search.damage],
        seconds,
        verdicts=[search.verdict],
        course=Course(steps, "commands"),
    )


def search_text(search: Search, seconds: float, replay: Callable[[Scenario], str], command: str) -> str:
    """What the crash search found."""
    lines = [
        f"A crash before each of {search.there:,} commands of the way there and {search.back:,} of the way "
        f"back, then gone on with: {len(search.tried):,} runs, as reading changes nothing ({seconds:.1f} s)"
    ]
    for one in search.damage[:10]:
        keys = f": {some(one.finding.keys)}" if one.finding.keys else ""
        lines.append(f"FAIL {one.finding.what}{keys} [{agree('{n} run{s}', one.runs)}]")
        lines.append(f"     {replay(one.scenario)}")
    no_go = f"{len(search.broken):,} end differently"
    lines.append(search.decision.as_text("every one ends in the same state", no_go))
    return text_of([*lines, f"Again: {command}"])
