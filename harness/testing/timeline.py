"""What happened in a test, request by request: printed where it fails."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from harness.terminal.lines import text_of
from harness.terminal.numbers import elapsed
from kvstore import Clock, Event

# The last of so many lines: what a failure shows of a long test.
_MOST: Final = 40


@dataclass
class Call:
    """A request or event of the test, sent at ``at`` (ms) in the location ``colo``."""

    name: str
    at: int
    colo: str
    what: str
    outcome: str = "no answer"


class Timeline:
    """``calls`` in their order, each with the KV operations that it took, which ``asked`` has.

    ``names`` are the bindings of namespaces by their labels.
    """

    def __init__(self, began: int, asked: Sequence[Event], names: Mapping[str, str]) -> None:
        self.calls: list[Call] = []
        self._began = began
        self._asked = asked
        self._names = names

    @contextmanager
    def call(self, clock: Clock, colo: str, what: str) -> Iterator[Call]:
        call = Call(f"request-{len(self.calls) + 1}", clock.now_ms(), colo, what)
        self.calls.append(call)
        yield call

    def __str__(self) -> str:
        lines = list(self._lines())
        left = [f"… {len(lines) - _MOST} lines before"] if len(lines) > _MOST else []
        return text_of([*left, *lines[-_MOST:]])

    def _lines(self) -> Iterator[str]:
        by_name: dict[str, list[Event]] = {}
        for event in self._asked:
            by_name.setdefault(event.invocation, []).append(event)
        for call in self.calls:
            yield f"{elapsed(call.at - self._began)} {call.colo} {call.what} → {call.outcome}"
            for event in by_name.get(call.name, ()):
                yield f"{'':14}{self._said(event)}"

    def _said(self, event: Event) -> str:
        name = self._names.get(event.namespace, event.namespace)
        if event.error is not None:
            came = f": {event.error}"
        elif event.verb == "get":
            came = ": nothing" if event.entry is None else f": {len(event.entry.value):,} bytes"
        elif event.verb == "scan":
            came = f": {len(event.found):,} keys"
        else:
            came = ""
        return f"{event.verb} {name} {event.key}{came}"
