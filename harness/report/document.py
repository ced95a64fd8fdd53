"""The document of a rehearsal, and of one run: what ``--json`` writes, and what is written from it.

Its schema is ``docs/schema/report-1.json``; ``schema`` in the document names the version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from harness.explore.search import Damage
from harness.explore.state import write_tally
from harness.explore.tally import Tally
from harness.model.course import Course
from harness.model.decision import Decision
from harness.model.record import Act, Call, Place, Record, RunRecord
from harness.model.verdict import Finding, Verdict
from harness.rehearsal.result import Part, Result
from harness.report.about import About
from harness.terminal.numbers import write_moment
from kvstore import Entry
from kvstore.layers.trace import Kept, Span, Trace
from worker.program import installed_version

SCHEMA: Final = "understudy-report-1"
# So much of a value is shown, in characters.
_MOST_SHOWN: Final = 200
_OF_A_REQUEST: Final = (
    *("name", "actor", "role", "colo", "stage", "method", "path"),
    *("sent", "answered", "status", "answer", "operations"),
)


def rehearsal_document(about: About, result: Result, seconds: float) -> dict[str, Any]:
    """The whole rehearsal."""
    return {
        "schema": SCHEMA,
        "kind": "rehearsal",
        "migration": about.migration.name,
        "file": str(about.file),
        "sources": list(about.sources),
        "command": about.again,
        "version": installed_version(),
        "digest": about.digest,
        "conditions": result.base.conditions,
        "writeRate": result.base.write_rate,
        "judgedBy": result.base.platform.judged_json(),
        "seeds": [[one.start, one.stop - 1] for one in result.seeds],
        "entries": {"moving": about.moving, "other": about.other, "expired": about.expired},
        **({} if about.sample is None else {"sample": about.sample.as_json()}),
        "leftOut": list(about.left),
        "began": write_moment(about.began),
        **result.decision.as_json(),
        "lookedAtNothing": [name.partition(" ")[0] for name in result.vacuous],
        "odd": list(result.oddities),
        "parts": [_part(one) for one in result.parts],
        "forecast": None if result.forecast is None else result.forecast.as_json(),
        "findings": [damage_document(one, about.replay(one.scenario)) for one in result.damage],
        **({} if result.course is None else {"course": result.course.as_json()}),
        "seconds": round(seconds, 3),
    }


def search_document(
    migration: str,
    command: Sequence[str],
    about: Sequence[str],
    decision: Decision,
    findings: Sequence[dict[str, Any]],
    seconds: float,
    *,
    parts: Sequence[dict[str, Any]] = (),
    verdicts: Sequence[Verdict] = (),
    nothing: Sequence[str] = (),
    course: Course | None = None,
) -> dict[str, Any]:
    """A search, or a rehearsal, of a migration that is not declared: what a page shows of it.

    ``about`` are sentences on what was done, ``nothing`` names what there was nothing of; ``course`` is what
    was done in its order.
    """
    return {
        "schema": SCHEMA,
        "kind": "search",
        "migration": migration,
        "command": list(command),
        "version": installed_version(),
        "about": list(about),
        **decision.as_json(),
        "lookedAtNothing": list(nothing),
        "parts": list(parts),
        "verdicts": [one.as_json() for one in verdicts],
        "findings": list(findings),
        **({} if course is None else {"course": course.as_json()}),
        "seconds": round(seconds, 3),
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        **part_document(part.name, part.what, part.tally),
        "anew": part.anew,
        "tally": write_tally(part.tally),
    }


def part_document(name: str, what: str, tally: Tally) -> dict[str, Any]:
    """A part of a search: what it tried, and what it met."""
    return {
        "part": name,
        "what": what,
        "looked": asdict(tally.looked),
        "met": dict(sorted(tally.met.items())),
        **({"orders": asdict(tally.orders)} if tally.orders.orders else {}),
    }


def damage_document(one: Damage, replay: str) -> dict[str, Any]:
    """A finding of a search, with the command that shows it again."""
    return {
        "invariant": one.key[0],
        "code": one.key[1],
        "title": one.title,
        **one.finding.as_json(),
        "runs": one.runs,
        "scenario": str(one.scenario),
        "replay": replay,
    }


def found_document(invariant: Verdict, one: Finding, replay: str) -> dict[str, Any]:
    """A finding of a rehearsal that has no scenario."""
    return {
        "invariant": invariant.invariant,
        "code": "",
        "title": invariant.title,
        **one.as_json(),
        "runs": 1,
        "scenario": "",
        "replay": replay,
    }


def run_document(
    about: About, record: Record, verdicts: Sequence[Verdict], trace: Trace | None = None
) -> dict[str, Any]:
    """One simulation: every request, act and write of it; with a ``trace``, every operation of KV, D1 and
    Durable Objects.
    """
    replay, command = about.replay(record.scenario), about.again
    return {
        **any_run(about.migration.name, replay, command, record, record.start, verdicts, trace),
        "interruptions": list(record.interrupted),
        "acts": [_act(one) for one in record.acts],
        **({} if trace is None else {"queries": _queries(record), "objectCalls": _object_calls(record)}),
    }


def any_run(
    migration: str,
    replay: str,
    command: Sequence[str],
    record: RunRecord[Any],
    start: Mapping[Place, Entry],
    verdicts: Sequence[Verdict],
    trace: Trace | None,
) -> dict[str, Any]:
    """One simulation of whatever migration; ``start`` is what was stored when it began."""
    return {
        "schema": SCHEMA,
        "kind": "run",
        "migration": migration,
        "scenario": str(record.scenario),
        "replay": replay,
        "command": list(command),
        "began": record.began,
        "ended": record.ended,
        "judgedBy": record.scenario.platform.judged_json(),
        "held": all(one.held for one in verdicts),
        "verdicts": [one.as_json() for one in verdicts],
        "faults": list(record.fired),
        "interruptions": [],
        "deployments": [{"at": at, "stage": stage} for at, stage in record.deployed if at <= record.ended],
        "requests": [_request(call) for call in record.calls],
        "acts": [],
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
        **({} if trace is None else _traced(record, start, trace)),
    }


def _request(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in _OF_A_REQUEST}


def _act(act: Act) -> dict[str, Any]:
    return {
        "actor": act.actor,
        "role": act.role,
        "rule": act.rule.name,
        "key": act.place[1],
        "began": act.began,
        "ended": act.ended,
        "outcome": act.outcome,
        "request": act.call.name if act.call is not None else None,
    }


def _traced(record: RunRecord[Any], start: Mapping[Place, Entry], trace: Trace) -> dict[str, Any]:
    """Everything that happened up to the end; what came after it judges, or is a second run."""
    last = max([record.ended, *(call.answered for call in record.calls)])
    by_name = record.by_name
    return {
        "operations": [
            _operation(one, by_name) for one in trace.spans if one.begin <= last and one.invocation in by_name
        ],
        "copies": [_copy(one) for one in trace.kept if one.taken <= last],
        "versions": _versions(record, start),
    }


def _operation(span: Span, calls: Mapping[str, Call]) -> dict[str, Any]:
    return {
        "request": span.invocation,
        "actor": calls[span.invocation].actor,
        "ordinal": span.ordinal,
        "location": span.colo,
        "namespace": span.namespace,
        "verb": span.verb,
        "key": span.key,
        "begin": span.begin,
        "end": span.end,
        "reads": [
            {"key": one.key, "version": one.saw, "newest": one.newest, "age": one.age, "found": one.found}
            for one in span.reads
        ],
        "wrote": span.wrote,
        "found": list(span.found),
        "lag": span.lag,
        "error": span.error,
        "code": span.code or None,
    }


def _queries(record: Record) -> list[dict[str, Any]]:
    """Every call of D1, each with the texts of its statements."""
    by_name = record.by_name
    return [
        {
            "request": one.invocation,
            "ordinal": one.ordinal,
            "location": by_name[one.invocation].colo,
            "database": one.database,
            "sql": [str(query.sql)[:_MOST_SHOWN] for query in one.queries],
            "begin": one.began,
            "end": one.at,
            "changes": list(one.changes),
            "rowsRead": one.rows_read,
            "rowsWritten": one.rows_written,
            "error": one.error,
        }
        for one in record.queried
        if one.invocation in by_name
    ]


def _object_calls(record: Record) -> list[dict[str, Any]]:
    """Every call of a Durable Object."""
    by_name = record.by_name
    return [
        {
            "request": one.invocation,
            "ordinal": one.ordinal,
            "location": by_name[one.invocation].colo,
            "class": one.class_name,
            "object": one.name,
            "called": one.what,
            "begin": one.began,
            "end": one.at,
            "answer": one.answer,
            "error": one.error,
        }
        for one in record.called
        if one.invocation in by_name
    ]


def _copy(kept: Kept) -> dict[str, Any]:
    return {
        "location": kept.colo,
        "namespace": kept.namespace,
        "key": kept.key,
        "version": kept.saw,
        "from": kept.taken,
        "until": kept.gone,
    }


def _versions(record: RunRecord[Any], start: Mapping[Place, Entry]) -> list[dict[str, Any]]:
    """What each key held, version by version; a deletion is one without an entry."""
    found = [_version(place, 0, record.began, None, entry) for place, entry in start.items()]
    count: dict[tuple[str, str], int] = {}
    for event in record.writes:
        place = event.namespace, event.key
        count[place] = count.get(place, 0) + 1
        entry = event.entry if event.verb == "put" else None
        found.append(_version(place, count[place], event.at, event.invocation, entry))
    return found


def _version(
    place: tuple[str, str], number: int, at: int, request: str | None, entry: Entry | None
) -> dict[str, Any]:
    namespace, key = place
    return {
        "namespace": namespace,
        "key": key,
        "version": number,
        "at": at,
        "request": request,
        "entry": None
        if entry is None
        else {
            "value": entry.value[: 4 * _MOST_SHOWN].decode("utf-8", "replace")[:_MOST_SHOWN],
            "size": len(entry.value),
            "metadata": entry.metadata,
            "expiration": entry.expiration,
        },
    }
