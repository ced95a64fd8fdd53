"""A trace: every operation with its begin and end, which version of a key it saw, and which was the newest.

The versions of a key are counted: 0 is what is there at the beginning, if anything, and each write after it
makes the next one. Only a run that is shown has a trace: it costs a few objects for every operation.
"""

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from kvstore.errors import Code
from kvstore.layers.edge import Copy, Edge
from kvstore.layers.invocation import Invocations
from kvstore.layers.journal import code_of
from kvstore.layers.layer import Around, Operation, T, Within
from kvstore.store import Store, Verb

Place = tuple[str, str]


@dataclass(slots=True)
class Read:
    """Of ``key`` version ``saw`` was read, while ``newest`` was stored; ``age`` is that of the copy, in ms.

    ``found`` says whether an entry was there.
    """

    key: str
    saw: int
    newest: int
    age: int
    found: bool


@dataclass(slots=True)
class Span:
    """One operation that a Worker asked, the ``ordinal``-th (from 1) of its invocation, in milliseconds.

    ``reads`` are empty where it did not come as far as the location's cache, and for a listing, which has the
    keys that it ``found`` and how old what it shows is at most (``lag``, ms). ``wrote`` is the version that
    it made, also where the answer to the Worker was that it failed.
    """

    invocation: str
    ordinal: int
    colo: str
    namespace: str
    verb: Verb
    key: str
    begin: int
    end: int = -1
    reads: list[Read] = field(default_factory=list)
    wrote: int | None = None
    found: tuple[str, ...] = ()
    lag: int = 0
    error: str | None = None
    code: Code | Literal["cut-off"] = ""


@dataclass(slots=True)
class Kept:
    """A location had a copy of version ``saw`` of a key from ``taken`` until it was ``gone``, in ms."""

    colo: str
    namespace: str
    key: str
    saw: int
    taken: int
    copy: Copy
    dropped: int | None = None

    @property
    def gone(self) -> int:
        return self.copy.until if self.dropped is None else min(self.dropped, self.copy.until)


class Trace:
    """``spans`` in the order in which they begin, ``kept`` copies in that in which they were taken."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.kept: list[Kept] = []
        # How often each key of a namespace was written, and when.
        self.written: dict[Place, list[int]] = {}
        # The span of what is under way.
        self.current: ContextVar[Span | None] = ContextVar("span", default=None)

    def version(self, namespace: str, key: str) -> int:
        """The newest."""
        return len(self.written.get((namespace, key), ()))

    def where_asked(self, store: Store, colo: str, namespace: str, invocations: Invocations) -> Store:
        """Around everything that an operation goes through."""
        return _Asked(store, self, colo, namespace, invocations)

    def where_seen(self, store: Store, colo: str, namespace: str) -> Store:
        """Around what a location sees of the namespace: its `Edge`, or the store itself."""
        return _Seen(store, self, colo, namespace)


class _Asked(Around):
    def __init__(
        self, store: Store, trace: Trace, colo: str, namespace: str, invocations: Invocations
    ) -> None:
        super().__init__(store)
        self._trace = trace
        self._colo = colo
        self._namespace = namespace
        self._invocations = invocations

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        invocation, now = self._invocations.current(), self.clock.now_ms()
        ordinal = invocation.operations + 1
        span = Span(invocation.name, ordinal, self._colo, self._namespace, verb, key, now)
        self._trace.spans.append(span)
        try:
            with Within(self._trace.current, span):
                return await operation(*arguments)
        except BaseException as error:
            span.error, span.code = str(error) or type(error).__name__, code_of(error)
            raise
        finally:
            span.end = self.clock.now_ms()


class _Seen(Around):
    def __init__(self, store: Store, trace: Trace, colo: str, namespace: str) -> None:
        super().__init__(store)
        self._trace = trace
        self._colo = colo
        self._namespace = namespace
        self._kept: dict[str, Kept] = {}

    async def _around(self, verb: Verb, key: str, operation: Operation[T], *arguments: Any) -> T:
        result: Any = await operation(*arguments)
        span = self._trace.current.get()
        if span is None:
            return result  # type: ignore[no-any-return]
        if verb == "get":
            span.reads.append(self._read(key, result is not None))
        elif verb == "get_many":
            span.reads += [self._read(one, one in result) for one in arguments[0]]
        elif verb == "scan":
            span.found = tuple(info.name for info in result.keys)
            edge = self.store
            span.lag = 1000 * edge.staleness.list_lag if isinstance(edge, Edge) else 0
        else:
            self._wrote(span, key)
        return result  # type: ignore[no-any-return]

    def _read(self, key: str, found: bool) -> Read:
        newest, now, edge = self._trace.version(self._namespace, key), self.clock.now_ms(), self.store
        copy = edge.copy_of(key) if isinstance(edge, Edge) else None
        if copy is None:
            return Read(key, newest, newest, 0, found)
        kept = self._kept.get(key)
        if kept is None or kept.copy is not copy:
            if kept is not None and kept.dropped is None:
                kept.dropped = copy.taken
            kept = Kept(self._colo, self._namespace, key, newest, copy.taken, copy)
            self._kept[key] = kept
            self._trace.kept.append(kept)
        return Read(key, kept.saw, newest, now - copy.taken, found)

    def _wrote(self, span: Span, key: str) -> None:
        now, edge = self.clock.now_ms(), self.store
        times = self._trace.written.setdefault((self._namespace, key), [])
        times.append(now)
        span.wrote = len(times)
        kept = self._kept.get(key)
        if kept is not None and isinstance(edge, Edge) and edge.copy_of(key) is None:
            kept.dropped = now
            del self._kept[key]
