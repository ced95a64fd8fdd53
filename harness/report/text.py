"""The report of a rehearsal for a person: one screen, the smallest findings first, each with its line."""

from collections.abc import Sequence
from typing import Any, Final

from harness.explore.search import Damage
from harness.model.verdict import Moment, Verdict
from harness.rehearsal.forecast import Forecast
from harness.rehearsal.result import Part, Result
from harness.report.about import About
from harness.sources.sample import Sample
from harness.terminal.lines import folded, some, text_of
from harness.terminal.numbers import elapsed

# How many lines a screen has, and how many ways of damage are on it.
_SCREEN: Final = 45
_SMALLEST: Final = 5


def as_text(
    about: About, result: Result, seconds: float, *, every: bool = False, page: str | None = None
) -> str:
    """The report for a person: the smallest findings, or ``every`` one; ``page`` is the file that has all."""
    lines = [about.line(), *(f"  {one}" for one in about.left)]
    lines += sample_lines(about.sample)
    operations = "operations" if about.migration.database else "KV operations"
    lines += [_part_line(part, operations) for part in result.parts]
    lines.append(f"  {'judged by':<14} {result.base.platform.judged_line()}")
    lines += forecast_lines(result.forecast, about.sample)
    if result.vacuous:
        lines.append(f"  looked at nothing: {', '.join(result.vacuous)}")
    shown = result.damage if every else result.damage[:_SMALLEST]
    told = [_damage_lines(about, one) for one in shown]
    events = [[_moment_line(moment, about.began) for moment in one.finding.moments] for one in shown]
    room = _SCREEN - _height(lines) - sum(map(_height, told)) - 6
    for damage, moments in zip(told, events, strict=True):
        if every or _height(moments) <= room:
            room -= _height(moments)
            damage[1:1] = moments
        lines += damage
    if more := len(result.damage) - len(shown):
        where = f"all of them are in {page}" if page else "-v lists all of them, --html FILE shows them"
        lines.append(f"and {more:,} more: {where}")
    lines += ["", _conclusion(result, seconds)]
    if about.sample is not None:
        lines.append(about.sample.conclusion)
    if page and not result.damage:
        lines.append(f"The page: {page}")
    if result.decision.verdict == "go" and about.is_mutable:
        lines.append(f"What it is worth: {about.mutate()}")
    return text_of(lines)


def sample_lines(sample: Sample | None) -> list[str]:
    """What a rehearsal was made with instead of all entries; nothing where it was all of them."""
    if sample is None:
        return []
    census, judged = sample.as_text()
    return [f"  {'census':<14} {census}", f"  {'judged':<14} {judged}"]


def forecast_lines(forecast: Forecast | None, sample: Sample | None) -> list[str]:
    """What all entries will take; where these are more than a ``sample``, what that rests on."""
    if forecast is None:
        return []
    lines = [f"  {'forecast':<14} {forecast.as_text()}", f"  {'price':<14} {forecast.price_as_text()}"]
    if sample is not None:
        first, *others = forecast.rests_on()
        lines += [f"  {'rests on':<14} {first}", *(f"  {'':<14} {one}" for one in others)]
    return lines


def _height(lines: Sequence[str]) -> int:
    """How many lines they take where they are shown."""
    return sum(len(folded(line)) for line in lines)


def _part_line(part: Part, operations: str) -> str:
    looked = part.tally.looked
    runs = f"{looked.runs:,} runs" if looked.runs != 1 else "1 run"
    return f"  {part.name:<14} {part.what}: {runs}, {looked.operations:,} {operations}"


def _damage_lines(about: About, one: Damage) -> list[str]:
    keys = f": {some(one.finding.keys)}" if one.finding.keys else ""
    runs = f"{one.runs:,} runs" if one.runs != 1 else "1 run"
    runs += ", not made small" if one.as_found else ""
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


def run_as_text(about: About, document: dict[str, Any], verdicts: Sequence[Verdict]) -> str:
    """One run for a person: its requests, with a trace their operations, and what is violated."""
    began, lines = document["began"], [f"Migration {about.migration.name}: {document['scenario']}", ""]
    operations: dict[str, list[dict[str, Any]]] = {}
    for one in document.get("operations", ()):
        operations.setdefault(one["request"], []).append(one)
    queries, called = document.get("queries", ()), document.get("objectCalls", ())
    for call in document["requests"]:
        answer = "no answer" if call["status"] is None else str(call["status"])
        said = f" {' '.join(str(call['answer']).split())[:60]}" if call["role"] == "operator" else ""
        lines.append(
            f"  {elapsed(call['sent'] - began)}  {call['name']:<14} {call['colo']} {call['method']} "
            f"{call['path']} → {answer}{said} ({call['operations']} operations)"
        )
        done = [(one["begin"], _operation_line(one, began)) for one in operations.get(call["name"], ())]
        done += [(one["begin"], _query_line(one, began)) for one in queries if one["request"] == call["name"]]
        done += [(one["begin"], _called_line(one, began)) for one in called if one["request"] == call["name"]]
        lines += [line for _, line in sorted(done, key=lambda each: each[0])]
    for one in verdicts:
        for found in one.findings:
            keys = f": {some(found.keys)}" if found.keys else ""
            lines += ["", f"FAIL {found.what}{keys} [{one.invariant}]"]
            lines += [_moment_line(moment, began) for moment in found.moments]
    faults = [*document["faults"], *document["interruptions"]]
    lines += ["", f"Happened: {', '.join(faults) or 'no fault, no interruption'}"]
    lines.append("Nothing was violated in this run" if document["held"] else "NO-GO: this run does damage")
    return text_of(lines)


def _operation_line(one: dict[str, Any], began: int) -> str:
    stale = [read for read in one["reads"] if read["version"] < read["newest"]]
    if one["error"] is not None:
        done = " and is carried out" if one["wrote"] is not None else ""
        came = f"fails{done}: {one['error']}"
    elif stale:
        read = stale[0]
        came = f"version {read['version']} of {read['newest']}, a copy of {read['age'] / 1000:.1f} s ago"
    elif one["verb"] == "get":
        came = f"version {one['reads'][0]['version']}" if one["reads"][0]["found"] else "nothing"
    elif one["verb"] == "scan":
        came = f"{len(one['found']):,} keys"
    else:
        came = f"version {one['wrote']}" if one["wrote"] is not None else ""
    mark = "!" if stale or one["error"] is not None else " "
    return f"       {mark} {elapsed(one['begin'] - began)}  {one['verb']} {one['key']}: {came}"


def _query_line(one: dict[str, Any], began: int) -> str:
    came = f"{one['rowsRead']:,} rows read, {one['rowsWritten']:,} written"
    if one["error"] is not None:
        came = f"fails: {one['error']}"
    mark = "!" if one["error"] is not None else " "
    sql = "; ".join(dict.fromkeys(one["sql"]))
    return f"       {mark} {elapsed(one['begin'] - began)}  {one['database']} {sql}: {came}"


def _called_line(one: dict[str, Any], began: int) -> str:
    came = one["answer"] if one["error"] is None else f"fails: {one['error']}"
    mark = "!" if one["error"] is not None else " "
    what = f"{one['class']}({one['object']}) {one['called']}"
    return f"       {mark} {elapsed(one['begin'] - began)}  {what}: {came}"
