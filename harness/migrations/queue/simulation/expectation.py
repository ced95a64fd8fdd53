"""What really was in the namespace, when and by whom: the other side of what people were told.

A checker asks here, never the Worker. Times are in milliseconds of the epoch, of the one true clock; an entry
that expires is gone at its expiration, although nobody deleted it.
"""

import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any, Final
from urllib.parse import unquote

from harness import Call, History, RunRecord
from harness.migrations.queue.layout import NEW_TASK, OLD_TASK, PENDING, QUARANTINE, RESULT
from harness.migrations.queue.state import BROKEN, QueueState, parsed
from kvstore import Entry, Event
from kvstore.messages import DAY_IS_OVER

RUN: Final = "/api/migrate/run"
ROLLBACK: Final = "/api/migrate/rollback"
# What a rollback would do, what one that deletes would, and that one.
DRY_RUN: Final = f"{ROLLBACK}?dryRun=true"
DRY_DELETE: Final = f"{ROLLBACK}?mode=delete&dryRun=true"
DELETE: Final = f"{ROLLBACK}?mode=delete"
RESULTS: Final = "/api/result/"
TASK_KEYS: Final = (OLD_TASK, NEW_TASK, QUARANTINE)
# The longest id whose result has a key.
LONGEST_ID: Final = 512 - len(RESULT)

# How many entries are kept of what can be found anew: of a small namespace all of them are.
MOST_ENTRIES: Final = 20_000
# Of how many keys of a large one the spans are kept: who goes through it asks for those of a key in a row.
MOST_SPANS: Final = 1_000

_BEGIN: Final = attrgetter("begin")
_FIRST: Final = attrgetter("first")


@dataclass(slots=True)
class Span:
    """One entry of one key, from ``begin`` until ``end``; ``first`` is the place of its put in the writes.

    ``writer`` made it, "" what was there before. It is ``due`` to expire if nobody ends it before, never for
    infinity. ``ended_by`` is the write that ended it, None for expiration or for what is there at the end.
    """

    key: str
    entry: Entry
    begin: int
    first: int
    writer: str = ""
    due: float = field(init=False)
    end: float = field(init=False)
    last: float = math.inf
    ended_by: Event | None = None

    def __post_init__(self) -> None:
        expiration = self.entry.expiration
        self.end = self.due = math.inf if expiration is None else expiration * 1000

    @property
    def from_operator(self) -> bool:
        return self.writer.startswith("operator")

    def is_there(self, place: float, at: float) -> bool:
        """Whether it is there right before the write at ``place``, which happens ``at``."""
        return self.first < place <= self.last and at < self.due


@dataclass(slots=True)
class Story:
    """What was to happen to one task.

    enqueued      when a producer stored it, or the beginning for what was there
    deadline      the first of the ends that producers and workers gave it, infinity for none, and ``latest``
                  the last; the migration's do not count. After its deadline the task may be gone
    completed     when its result was first stored, infinity for never; ``completed_at_place`` in the writes
    acknowledged  when somebody was first told that its result is stored; long ago, if it was there before
    over          when it is completed or has expired, whichever comes first
    is_forgotten  its result was there before, and had expired when the migration made the first copy of it
    """

    id: str
    enqueued: tuple[int, ...] = ()
    deadline: float = math.inf
    latest: float = -math.inf
    completed: float = math.inf
    completed_at_place: float = math.inf
    acknowledged: float = math.inf
    over: float = math.inf
    is_forgotten: bool = False

    def is_live(self, at: float) -> bool:
        """Enqueued, not expired, without a result."""
        return self.enqueued[0] <= at < self.over

    def is_live_during(self, begin: float, end: float) -> bool:
        """Whether it is live from ``begin`` to ``end``."""
        return self.enqueued[0] <= begin and end < self.over

    @property
    def may_come_again(self) -> bool:
        """Whether a producer sent it anew after it was completed, or nothing said any more that it was."""
        return self.is_forgotten or self.enqueued[-1] > self.completed


class Spans(dict[str, list[Span]]):
    """The spans of each key, in order of time; those of a key are made when it is first asked for.

    Of a large namespace those that were asked for lately are kept.
    """

    def __init__(self, versions: History, began: int) -> None:
        self._versions, self._began = versions, began
        self._most = MOST_ENTRIES if len(versions.keys) <= MOST_ENTRIES else MOST_SPANS

    def __missing__(self, key: str) -> list[Span]:
        first = self._versions.start.get(key)
        spans = [] if first is None else [Span(key, first, self._began, -1)]
        for write in self._versions.to(key):
            if spans and spans[-1].last == math.inf:
                _close(spans[-1], write)
            if write.verb == "put" and write.entry is not None:
                spans.append(Span(key, write.entry, write.at, write.index, write.invocation))
        if spans:  # of a key that there never was nothing is kept
            if len(self) >= self._most:
                self.clear()
            self[key] = spans
        return spans


class Tenures:
    """When each of many keys held something: counted for a while without asking each of them again."""

    def __init__(self, every: Iterable[list[Span]]) -> None:
        begins, ends = array("d"), array("d")
        self._others: list[list[Span]] = []
        for spans in every:
            if len(spans) == 1 and spans[0].begin < spans[0].end:
                begins.append(spans[0].begin)
                ends.append(spans[0].end)
            else:
                self._others.append(spans)
        # The places of the keys in the order of when they begin, and of when they end.
        self._by_begin = array("I", sorted(range(len(begins)), key=begins.__getitem__))
        self._by_end = array("I", sorted(range(len(ends)), key=ends.__getitem__))
        self._begins, self._ends = array("d", sorted(begins)), array("d", sorted(ends))

    def count(self, begin: float, end: float) -> tuple[int, int]:
        """How many keys were there all the time from ``begin`` to ``end``, and how many at any time."""
        began, ended = bisect_right(self._begins, end), bisect_right(self._ends, begin)
        came = self._by_begin[bisect_right(self._begins, begin) : began]
        went = self._by_end[ended : bisect_right(self._ends, end)]
        most = began - ended
        least = most - len({*came, *went})
        for spans in self._others:
            there = within(spans, begin, end)
            if there:
                most += 1
                least += are_steady(there, begin, end)
        return least, most


class Expectation:
    """The spans of every key, and the stories of all tasks, of one record."""

    def __init__(self, record: RunRecord[QueueState], versions: History) -> None:
        staleness = record.scenario.platform.staleness
        # As long as anything can be seen late.
        self.window = 0 if staleness is None else 1000 * max(staleness.cache_ttl, staleness.list_lag)
        self.calls = record.by_name
        # What a record keeps does not know the record: nobody would ever let go of the two.
        self._versions, self._results = versions, record.to("POST", f"{RESULTS}*")
        self._spans = Spans(versions, record.began)
        self._under: dict[str, Sequence[str]] = {}
        self._tenures: dict[tuple[str, int], Tenures] = {}

    def of(self, key: str) -> list[Span]:
        """Every entry that ``key`` ever had."""
        return self._spans[key]

    def before(self, key: str, place: int, at: int) -> Span | None:
        """What was at ``key`` right before the write at ``place``."""
        for span in self._spans[key]:
            if span.is_there(place, at):
                return span
        return None

    def during(self, key: str, begin: float, end: float) -> list[Span]:
        """What was at ``key`` at any time from ``begin`` to ``end``, both included."""
        return within(self._spans[key], begin, end)

    def was_steady(self, keys: str | tuple[str, ...], begin: float, end: float) -> bool:
        """Whether one of ``keys`` was there, for everybody, all the time from ``begin`` to ``end``."""
        if isinstance(keys, str):
            spans = self.during(keys, begin, end)
        else:
            spans = [span for key in keys for span in self.during(key, begin, end)]
        return are_steady(spans, begin, end)

    def under(self, prefix: str) -> Iterator[tuple[str, list[Span]]]:
        """The ids and spans of all keys that begin with ``prefix``."""
        if prefix not in self._under:
            self._under[prefix] = self._versions.under(prefix)
        start, spans = len(prefix), self._spans
        return ((key[start:], spans[key]) for key in self._under[prefix])

    def counted(self, prefix: str, begin: float, end: float, longest: int = 512) -> tuple[int, int]:
        """How many keys under ``prefix`` were there all the time, and how many at any time.

        Without those whose id has more than ``longest`` bytes.
        """
        if (prefix, longest) not in self._tenures:
            able = (spans for task, spans in self.under(prefix) if len(task.encode()) <= longest)
            self._tenures[prefix, longest] = Tenures(able)
        return self._tenures[prefix, longest].count(begin, end)

    def evidence(self, call: Call) -> tuple[int, int]:
        """From when to when anything that a call was told can be."""
        return call.sent - self.window, call.answered

    def put_by(self, path: str, *prefixes: str) -> Iterator[tuple[Span, Call]]:
        """What requests to ``path`` put under the prefixes, in the order of the keys."""
        calls = {name: call for name, call in self.calls.items() if call.path == path}
        for key in self._versions.keys if calls else ():
            if key.startswith(prefixes):
                for span in self._spans[key]:
                    if span.writer in calls:
                        yield span, calls[span.writer]

    @cached_property
    def stories(self) -> dict[str, Story]:
        """Every task that was ever stored by somebody who may."""
        stories: dict[str, Story] = {}
        for prefix in TASK_KEYS:
            for task, spans in self.under(prefix):
                for span in spans:
                    if not span.from_operator:
                        self._note(stories.setdefault(task, Story(task)), span)
        begun = dict[tuple[int, ...], tuple[int, ...]]()  # many begin with the walk
        for story in stories.values():
            moments = tuple(sorted(story.enqueued))
            story.enqueued = begun.setdefault(moments, moments)
            self._note_result(story)
        for call in self._results:
            done = stories.get(task_of(call) or "")
            if call.outcome == "ok" and done is not None:
                done.acknowledged = min(done.acknowledged, call.answered)
        return {task: story for task, story in stories.items() if story.enqueued}

    def _note(self, story: Story, span: Span) -> None:
        if not span.writer.startswith("daemon"):
            story.enqueued += (span.begin,)
        story.deadline, story.latest = min(story.deadline, span.due), max(story.latest, span.due)

    def _note_result(self, story: Story) -> None:
        results = self._spans[RESULT + story.id]
        if results:
            story.completed, story.completed_at_place = results[0].begin, results[0].first
            if results[0].first < 0:
                story.acknowledged = -math.inf
                copies = [span.begin for span in self._spans[NEW_TASK + story.id] if span.from_operator]
                ended = len(results) == 1 and results[0].ended_by is None
                story.is_forgotten = ended and bool(copies) and min(copies) >= results[0].due
        story.over = min(story.deadline, story.completed, self._given_up(story.id))

    def _given_up(self, task: str) -> float:
        """When `DELETE` deleted the task, infinity for never. A task lost by that is no finding."""
        return min((span.end for span in self.deleted_on_purpose(NEW_TASK + task)), default=math.inf)

    def deleted_on_purpose(self, key: str) -> list[Span]:
        """What was at ``key`` until a rollback with ``mode=delete`` (`DELETE`) deleted it."""

        def was_deleted(span: Span) -> bool:
            call = None if span.ended_by is None else self.calls.get(span.ended_by.invocation)
            return call is not None and call.path == DELETE

        return list(filter(was_deleted, self._spans[key]))

    @cached_property
    def lists(self) -> list[tuple[Span, list[str]]]:
        """Every pending list that there was, with the ids in it."""
        return [(span, QueueState({PENDING: span.entry}).pending_ids) for span in self.of(PENDING)]

    def lists_during(self, begin: float, end: float) -> list[list[str]]:
        """The pending lists that there were at any time from ``begin`` to ``end``."""
        return [ids for span, ids in self.lists if span.begin <= end and begin < span.end]

    def stored(self, task: str, *prefixes: str) -> list[Span]:
        """Every entry that a task had under any of the prefixes, in order of time."""
        return sorted([span for prefix in prefixes for span in self._spans[prefix + task]], key=_FIRST)


def _close(span: Span, write: Event) -> None:
    span.last = write.index
    if write.at < span.end:
        span.end, span.ended_by = write.at, write


def within(spans: Iterable[Span], begin: float, end: float) -> list[Span]:
    """Those of the spans that are there at any time from ``begin`` to ``end``, both included."""
    return [span for span in spans if span.begin <= end and begin < span.end]


def are_steady(spans: list[Span], begin: float, end: float) -> bool:
    """Whether one of ``spans`` was there, for everybody, all the time from ``begin`` to ``end``.

    All of them are `within` that time. Who sees an entry late does not see it after its expiration, although
    it may have a longer one by now.
    """
    if len(spans) < 2:
        return bool(spans) and spans[0].begin <= begin and end < spans[0].end
    return covered(spans, begin, end) > end and all(span.due > end for span in spans)


def covered(spans: Iterable[Span], begin: float, end: float) -> float:
    """Until when, from ``begin`` on, there is always one of ``spans``; ``begin`` if there is none."""
    until = begin
    for span in sorted(spans, key=_BEGIN):
        if span.begin > until or until > end:
            break
        until = max(until, span.end)
    return until


def task_of(call: Call) -> str | None:
    """The task that is in the path of a request, None for none."""
    if not call.path.startswith((RESULTS, "/api/queue/")):
        return None
    parts = call.path.split("/")
    return unquote(parts[3]) if len(parts) == 5 or parts[2] == "result" else None


def is_day_over(run: Call) -> bool:
    """Whether a run was told that the operations of the day are used up."""
    return DAY_IS_OVER in str(run.member("errors"))


@lru_cache(maxsize=1024)  # checkers look at the same tasks again and again
def is_work(entry: Entry) -> bool:
    """Whether a task's body is JSON, and something to JavaScript."""
    body: Any = parsed(entry)
    return body is not BROKEN and bool(body or isinstance(body, list | dict))
