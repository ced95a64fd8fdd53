"""What was done, in its order: who did what, from when to when. A page draws it, a lane for each of them."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from harness.model.record import Call
from kvstore import Entry
from kvstore.clock import stopwatch
from kvstore.copies.census import Census

Outcome = Literal["done", "failed", "lost"]

# So many steps are drawn, the first ones; how many there were is said.
_MOST: Final = 400
_MOST_SHAPES: Final = 20


@dataclass(frozen=True, slots=True)
class CourseStep:
    """``who`` did ``what`` from ``begin`` to ``end``; ``operations`` are those of KV, where they are counted.

    ``lost``: no answer came.
    """

    who: str
    what: str
    begin: int
    end: int
    outcome: Outcome = "done"
    operations: int | None = None


@dataclass(frozen=True)
class Moved:
    """Keys of a ``shape``, in which ``*`` is any text: how many there were ``before``, and ``after``."""

    shape: str
    before: int
    after: int


@dataclass(frozen=True)
class Course:
    """``steps`` are in milliseconds since it began, or in commands (``unit``); ``budget`` is how many KV
    operations a request may have, None for any number.
    """

    steps: Sequence[CourseStep]
    unit: Literal["ms", "commands"] = "ms"
    budget: int | None = None
    moved: Sequence[Moved] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "budget": self.budget,
            "count": len(self.steps),
            "steps": [asdict(one) for one in self.steps[:_MOST]],
            "moved": [asdict(one) for one in self.moved],
        }


class CourseNotes:
    """Notes steps as they end, each from the end of the one before; ``on_progress`` is called with each."""

    def __init__(self, on_progress: Callable[[str], None]) -> None:
        self.steps: list[CourseStep] = []
        self._on_progress = on_progress
        self._start = stopwatch()

    def by(self, who: str) -> Callable[[str], None]:
        """A callback that notes what ``who`` has done."""

        def note(what: str) -> None:
            now = round(1000 * (stopwatch() - self._start))
            self.steps.append(CourseStep(who, what, self.steps[-1].end if self.steps else 0, now))
            self._on_progress(what)

        return note


def steps_of(calls: Iterable[Call], began: int) -> list[CourseStep]:
    """Requests as steps; times are since ``began``, in milliseconds since the epoch."""
    return [
        CourseStep(
            f"{call.actor} in {call.colo}" if call.colo else call.actor,
            f"{call.method} {call.path} → {'no answer' if call.status is None else call.status}",
            call.sent - began,
            max(call.sent, call.answered) - began,
            "lost" if call.status is None else "failed" if call.status >= 500 else "done",
            call.operations,
        )
        for call in calls
    ]


def moved_keys(before: Mapping[str, Entry], after: Mapping[str, Entry], now_ms: int) -> list[Moved]:
    """How many keys of each shape there were before and after, also of shapes that did not change."""
    census = Census(now_ms // 1000)
    for key, entry in {**before, **after}.items():
        census.add(key, entry)
    shapes = [shape.pattern for group in census.groups() for shape in group.shapes][:_MOST_SHAPES]
    counts = [_counted(keys, shapes) for keys in (before, after)]
    found = [Moved(one, counts[0][one], counts[1][one]) for one in dict.fromkeys([*shapes, "*"])]
    return [one for one in found if one.before or one.after]


def _counted(keys: Collection[str], shapes: Sequence[str]) -> Counter[str]:
    """How many keys have each shape: the most specific one, and any other is ``*``."""
    by_length = sorted(shapes, key=len, reverse=True)
    patterns = {one: re.compile(".*".join(map(re.escape, one.split("*"))), re.DOTALL) for one in by_length}
    return Counter(next((one for one in by_length if patterns[one].fullmatch(key)), "*") for key in keys)
