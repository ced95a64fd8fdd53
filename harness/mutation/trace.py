"""What a run of a migration did that anybody could notice, and how two runs differ in it.

A request is compared with the same one in the other run up to where KV answers the two of them differently:
what follows from that has its cause elsewhere, and be it that an operation was a few milliseconds later.
"""

import re
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kvstore import Entry, Event
from worker.d1.layers import D1Event, only_reads

# What can differ, the gravest first.
KINDS: Final = ("end state", "writes", "answers")
# How much of a text is shown, and how much of it before it differs.
_MOST: Final = 90
_BEFORE: Final = 30
_READS: Final = ("get", "get_many", "scan")
_MOMENT: Final = re.compile(r"(?<!\d)0*(\d{13}|\d{10})(?!\d)")
_WRITTEN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
# Lifetimes are told apart by so many seconds; one that was computed a little earlier is a little shorter.
_NEAR: Final = 30
_EARLIER: Final = 5
# So many seconds after its beginning a moment may be one of a run.
_LONGEST: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a request, of KV or D1: what it ``asked``, if it ``is_write``, what it ``got``."""

    asked: str
    is_write: bool
    got: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A ``request`` as it was sent, its ``steps`` in order, and its ``answer``."""

    request: str
    steps: tuple[Step, ...]
    answer: str


@dataclass(frozen=True)
class Trace:
    """The ``requests`` of a run by their names, and the ``end`` state by place."""

    requests: Mapping[str, Answered]
    end: Mapping[Hashable, str]

    @property
    def digest(self) -> int:
        """Equal for equal traces of one process."""
        return hash((frozenset(self.requests.items()), frozenset(self.end.items())))


@dataclass(frozen=True, slots=True)
class Difference:
    """``what`` differs, in words, which is of a ``kind`` (one of `KINDS`), in both runs of ``scenario``."""

    kind: str
    what: str
    scenario: str

    @property
    def rank(self) -> int:
        return KINDS.index(self.kind)

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "what": self.what, "scenario": self.scenario}


def difference(right: Trace, mutated: Trace, scenario: str) -> Difference | None:
    """The gravest way in which a mutant's run differs from that of the right Worker; None for no way."""
    found: list[tuple[str, str]] = []
    for name, one in right.requests.items():
        other = mutated.requests.get(name)
        if other is not None and other.request == one.request:
            found += [(kind, f"{_said(name, one)}: {what}") for kind, what in _compared(one, other)]
    if not found:
        return None
    kind, what = min(found, key=lambda each: KINDS.index(each[0]))
    if right.end != mutated.end:
        kind = "end state"
    return Difference(kind, what, scenario)


def _compared(one: Answered, other: Answered) -> list[tuple[str, str]]:
    """In what two answers to the same request differ by themselves."""
    parted = False
    for step, another in zip(one.steps, other.steps, strict=False):
        parted = parted or step.asked != another.asked
        if not parted and step.got != another.got:
            return []
    if parted and any(_is_disturbed(each) for each in (one, other)):
        return []  # a planned fault counts operations: it struck another one
    for kind, its, right in (
        ("writes", _writes(other), _writes(one)),
        ("answers", other.answer, one.answer),
    ):
        if its != right:
            return [(kind, f"{_parting(its, right)} instead of {_parting(right, its)}")]
    return []


def _said(name: str, request: Answered) -> str:
    return f"{request.request.partition('?')[0]} ({name})"


def _is_disturbed(request: Answered) -> bool:
    return any(step.got.startswith(_ERROR) for step in request.steps)


def _writes(request: Answered) -> str:
    return "; ".join(step.asked for step in request.steps if step.is_write) or "no write"


def _parting(text: str, other: str) -> str:
    """A text from shortly before it differs from another one, as much as fits."""
    pairs = zip(text, other, strict=False)
    same = next((at for at, (one, its) in enumerate(pairs) if one != its), min(len(text), len(other)))
    start = max(0, same - _BEFORE) if len(text) > _MOST else 0
    shown = text[start : start + _MOST]
    return f"{'…' if start else ''}{shown}{'…' if start + _MOST < len(text) else ''}"


_ERROR: Final = "error: "


def step_of(event: Event, began: int, ends: Collection[int | None]) -> Step:
    """An operation as the Worker saw it, in a run that began at ``began`` (ms)."""
    is_write = event.verb not in _READS
    stored = stored_as_text(event.entry, event.at, began, ends)
    got = f"{_ERROR}{event.error}" if event.error else ", ".join(event.found) or ("" if is_write else stored)
    key = without_moments(event.key, began, event.at)
    place = f"{event.namespace}/{key}" if event.namespace else key
    return Step(f"{event.verb} {place} {stored if is_write else ''}".rstrip(), is_write, got)


def step_of_query(event: D1Event, began: int) -> Step:
    """A call of D1 as the Worker saw it."""
    asked = "; ".join(f"{query.sql} {[*(query.params or ())]}" for query in event.queries)
    got = f"{_ERROR}{event.error}" if event.error else f"{sum(event.changes):,} changes"
    is_write = not only_reads(event.queries)
    return Step(f"{event.database} {without_moments(asked, began, event.at)}", is_write, got)


def stored_as_text(entry: Entry | None, at: int, began: int, ends: Collection[int | None]) -> str:
    """An entry that was stored at ``at`` (ms); a moment after the beginning is just that.

    It has an end of its own, one of ``ends`` (seconds since the UNIX epoch), or a lifetime.
    """
    if entry is None:
        return ""
    value = without_moments(entry.value.decode(errors="backslashreplace"), began, at)
    more = [] if entry.metadata is None else [f"metadata {without_moments(entry.metadata, began, at)}"]
    if entry.expiration in ends:
        more.append(f"expires at {entry.expiration}")
    elif entry.expiration is not None:
        more.append(f"expires in {_left(entry.expiration, at):,} s")
    return ", ".join([repr(value), *more])


def _left(end: float, at: int) -> int:
    """About how many seconds are left until ``end`` (s), at a time in ms."""
    return round((end - at // 1000 + _EARLIER) / _NEAR) * _NEAR


def without_moments(text: str, began: int, at: int) -> str:
    """What was written ``at`` (ms), with moments of a run that began at ``began`` (ms) left out.

    They are seconds or milliseconds, or as ISO 8601 has them; of one that is to come stays how far it is.
    """

    def moment(found: re.Match[str]) -> str:
        number = int(found.group(1))
        seconds = number if len(found.group(1)) == 10 else number // 1000
        return "<moment>" if 0 <= seconds - began // 1000 < _LONGEST else found.group()

    def written(found: re.Match[str]) -> str:
        try:
            seconds = datetime.fromisoformat(found.group()).timestamp()
        except ValueError:
            return found.group()
        if not 0 <= seconds - began // 1000 < _LONGEST:
            return found.group()
        left = _left(seconds, at)
        return f"<in {left:,} s>" if left > 0 else "<moment>"

    return _WRITTEN.sub(written, _MOMENT.sub(moment, text))
