"""What somebody declares of their own migration: its Workers, what becomes of each entry, and who does what.

links = Migration("links", before="links/old", after="links/new", binding="LINKS")

@links.becomes("link:")
def link(name: str, old: Entry) -> Entry:
    return old.at(f"v2:link:{name}", text=old.json["url"], metadata={"owner": old.json["owner"]})
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import kvstore
from harness.outbound import Outbound
from kvstore.limits import LIMITS

F = TypeVar("F", bound=Callable[..., Any])

_SAME: Final = object()


class MigrationError(Exception):
    """A migration that cannot be rehearsed as it is declared: says what is wrong with it, and where."""


class FileFailed(MigrationError):
    """A migration file does not fit what is in the database."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a row is looked at as an entry: which columns stand for its value, metadata and expiration.

    ``columns`` are those that are judged, None for all; ``metadata`` those of them that become of the old
    entry's metadata; ``expiration`` the one that says when it ends, in ``unit`` to a second, "" for none.
    """

    columns: frozenset[str] | None = None
    metadata: frozenset[str] = frozenset()
    expiration: str = ""
    unit: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a namespace as a migration sees it.

    ``key`` is its whole key, ``value`` its bytes, ``metadata`` what its JSON says or None, ``expiration`` in
    seconds since the UNIX epoch or None; ``binding`` names its namespace, "" for the migration's own.
    ``is_json`` says that only what the JSON of the value means matters, not its bytes; ``shape`` how a row
    is looked at that this stands for, None for an entry.
    """

    key: str
    value: bytes
    metadata: Any = None
    expiration: int | None = None
    binding: str = ""
    is_json: bool = False
    shape: Shape | None = None

    @property
    def text(self) -> str:
        """The value as text. Raises UnicodeDecodeError."""
        return self.value.decode()

    @property
    def json(self) -> Any:
        """What the value's JSON says. Raises ValueError when it is not JSON."""
        return json.loads(self.value)

    @property
    def options(self) -> dict[str, Any]:
        """Expiration and metadata, as a put takes them: ``kv.put(key, entry.value, **entry.options)``."""
        given = {"expiration": self.expiration, "metadata": self.metadata}
        return {name: value for name, value in given.items() if value is not None}

    def at(
        self,
        key: str,
        *,
        text: str | Any = _SAME,
        json: Any = _SAME,
        value: bytes | Any = _SAME,
        metadata: Any = _SAME,
        expiration: int | Any | None = _SAME,
        binding: str | Any = _SAME,
    ) -> "Entry":
        """This entry at another ``key``; what is not said stays. One of ``text``, ``json`` and ``value``."""
        return Entry(
            key,
            *_valued(self, text, json, value),
            self.metadata if metadata is _SAME else metadata,
            self.expiration if expiration is _SAME else expiration,
            self.binding if binding is _SAME else binding,
            json is not _SAME or (self.is_json and text is _SAME and value is _SAME),
        )


def _valued(old: Entry, text: Any, document: Any, value: Any) -> tuple[bytes]:
    given = [one for one in (text, document, value) if one is not _SAME]
    if len(given) > 1:
        raise MigrationError("an entry has one value: give text, json or value, not several of them")
    if text is not _SAME:
        return (text.encode(),)
    if document is not _SAME:
        return (json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(),)
    return (old.value if value is _SAME else value,)


def entry_of(key: str, stored: kvstore.Entry, binding: str = "") -> Entry:
    """A stored entry as a migration sees it; metadata that is not JSON stays the text that it is."""
    return Entry(key, stored.value, read_metadata(stored.metadata), stored.expiration, binding)


def stored_as(entry: Entry) -> kvstore.Entry:
    """An entry of a migration as KV stores it."""
    metadata = None
    if entry.metadata is not None:
        metadata = json.dumps(entry.metadata, ensure_ascii=False, separators=(",", ":"))
    return kvstore.Entry(entry.value, entry.expiration, metadata)


def mistyped(entry: Entry) -> str | None:
    """What is wrong with the types of an entry that was made, None when nothing is."""
    given: tuple[tuple[str, Any, tuple[type, ...], str], ...] = (
        ("key", entry.key, (str,), "text"),
        ("value", entry.value, (bytes,), "bytes (text= and json= make them)"),
        ("expiration", entry.expiration, (int, type(None)), "whole seconds since 1970, or None"),
        ("binding", entry.binding, (str,), "text"),
    )
    for member, value, types, wanted in given:
        if not isinstance(value, types) or isinstance(value, bool):
            return f"whose {member} is {value!r}: it must be {wanted}"
    try:
        json.dumps(entry.metadata)
    except (TypeError, ValueError) as error:
        return f"whose metadata is not JSON: {error}"
    return None


def unstorable(entry: Entry) -> str | None:
    """Why KV does not take an entry, None for one that it takes."""
    stored = stored_as(entry)
    sizes = (
        ("a key", len(entry.key.encode("utf-8", "surrogatepass")), LIMITS.key_size),
        ("a value", len(stored.value), LIMITS.value_size),
        ("metadata", len((stored.metadata or "").encode("utf-8", "surrogatepass")), LIMITS.metadata_size),
    )
    for what, size, most in sizes:
        if size > most:
            return f"it becomes {what} of {size:,} bytes; KV takes {most:,}"
    if entry.key in ("", ".", ".."):
        return f"it becomes the key {entry.key!r}, which KV does not take"
    return None


def read_metadata(text: str | None) -> Any:
    """What metadata says: JSON, or the text itself where it is not."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class Stage:
    """A Worker at one stage of the migration: its ``folder``, and ``variables`` over those configured."""

    folder: Path
    variables: Mapping[str, Any] = field(default_factory=dict)


# Whether the Worker after answers clients and readers as the one before does.
Answers = Literal["same", "changed"]
Act = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Rule:
    """``function`` is for the entries whose keys begin with ``prefix`` in the namespace of ``binding``.

    For rows ``binding`` is the label of their table, and ``prefix`` empty.
    ``to`` is the namespace that it writes to, where it moves entries itself. ``is_changed`` says that the
    Worker after is to answer it otherwise, or to write something else for it, than the one before.
    """

    prefix: str
    function: Callable[..., Any]
    binding: str
    to: str
    is_changed: bool = False

    @property
    def name(self) -> str:
        return self.function.__name__


class Migration:
    """A migration of a Worker's data, declared by decorated functions.

    ``before`` and ``after`` are the Worker's folders; further stages are named by keyword (``dual="…"``).
    A folder, or (folder, variables) where stages differ in variables. ``binding`` is the KV namespace
    that is meant where none is named, ``database`` the D1 binding, by default the only one that the
    Workers have; ``notes`` are prefixes of keys, and tables, that the migration keeps for itself.
    ``keeps_originals`` says that the old entries stay beside the new ones. ``keys`` names the columns
    that say which row of a table is which, where that is not the primary key. ``migrations`` is the
    folder of the files that make the tables of ``database``, where there is no Worker whose configuration
    names it. ``answers`` is "changed" where the Worker after is to answer clients and readers otherwise
    than the one before. ``without`` names bindings that are not emulated, and that the Workers need not
    have: a request that uses one fails.
    Raises MigrationError.
    """

    def __init__(
        self,
        name: str,
        *,
        binding: str = "",
        database: str = "",
        before: Any = None,
        after: Any = None,
        notes: Sequence[str] | str = (),
        keys: Mapping[str, Sequence[str]] | None = None,
        migrations: str | Path | None = None,
        keeps_originals: bool = False,
        answers: Answers = "same",
        without: Sequence[str] | str = (),
        **stages: Any,
    ) -> None:
        self.name = name
        self.binding = binding
        self.database = database
        self.keys = {table: tuple(columns) for table, columns in (keys or {}).items()}
        self.migrations = None if migrations is None else Path(migrations)
        self.notes = (notes,) if isinstance(notes, str) else tuple(notes)
        self.keeps_originals = keeps_originals
        self.answers = answers
        self.without = (without,) if isinstance(without, str) else tuple(without)
        self.outbound = Outbound()
        self.folder = Path()
        given = {"before": before, "after": after, **stages}
        self.stages = {stage: _stage(stage, place) for stage, place in given.items() if place is not None}
        self.mapping: list[Rule] = []
        self.whole: Callable[[dict[str, Entry]], Iterable[Entry]] | None = None
        self.runbook: Act | None = None
        self.way_back: Act | None = None
        self.readers: list[Rule] = []
        self.clients: list[Rule] = []
        self.moves: list[Rule] = []
        self.invariants: list[Callable[..., Any]] = []

    def becomes(
        self, prefix: str = "", *, binding: str | None = None, table: str | None = None
    ) -> Callable[[F], F]:
        """``function(name, old)`` says what an entry whose key is ``prefix + name`` becomes.

        An Entry or a Row, several of both, or None when it goes away. With ``table`` it says what a Row of
        that table becomes. One for which it raises cannot be moved: it must stay as it is.
        """
        return self._rule(self.mapping, prefix, binding, table=table)

    def reads(
        self,
        prefix: str = "",
        *,
        binding: str | None = None,
        table: str | None = None,
        answers: Answers | None = None,
    ) -> Callable[[F], F]:
        """``await function(who, name)`` says whether somebody who looks for an entry finds it.

        ``answers`` is said of these requests alone: as of the whole `Migration`.
        """
        return self._rule(self.readers, prefix, binding, table=table, answers=answers)

    def changes(
        self,
        prefix: str = "",
        *,
        binding: str | None = None,
        table: str | None = None,
        answers: Answers | None = None,
    ) -> Callable[[F], F]:
        """``await function(who, name)`` is what clients do to an entry, at any time.

        ``answers`` is "changed" where the Worker after is to answer otherwise, or to write for them something
        else than what ``becomes`` makes of what the Worker before writes.
        """
        return self._rule(self.clients, prefix, binding, table=table, answers=answers)

    def each(self, prefix: str, *, binding: str | None = None, to: str | None = None) -> Callable[[F], F]:
        """``await function(kv, key, entry)`` moves one entry, where there is no Worker that does.

        It copies, and need not delete: pages, pace, a second look and the deletion of originals are ours.
        ``kv`` is the namespace ``to``, by default that of the entry, or the D1 database of that name. What it
        returns, a Row or several, is written to its table.
        """
        return self._rule(self.moves, prefix, binding, to)

    def operator(self, function: F) -> F:
        """``await function(op)`` is the runbook: what is deployed and asked for, in which order."""
        self.runbook = function
        return function

    def rollback(self, function: F) -> F:
        """``await function(op)`` is the way back, tried after the end, half-way and late."""
        self.way_back = function
        return function

    def invariant(self, function: F) -> F:
        """``function(before, after)`` is one's own check: of two dicts from keys to entries, and from
        ``<binding>.<table>/<key>`` to rows.

        False, a sentence, or an AssertionError say that it does not hold.
        """
        self.invariants.append(function)
        return function

    def _rule(
        self,
        rules: list[Rule],
        prefix: str,
        binding: str | None,
        to: str | None = None,
        table: str | None = None,
        answers: Answers | None = None,
    ) -> Callable[[F], F]:
        for what, given in (("prefix", prefix), ("binding", binding), ("namespace to=", to)):
            if not isinstance(given, str) and (given is not None or given is prefix):
                raise MigrationError(
                    f'the {what} of a rule is {given!r}: it must be text, as in @{self.name}.becomes("old:")'
                )
        is_changed = (self.answers if answers is None else answers) == "changed"

        def declare(function: F) -> F:
            source = self.binding if binding is None else binding
            if table is not None:
                source = f"{binding or self.database}.{table}"
            rules.append(Rule(prefix, function, source, source if to is None else to, is_changed))
            return function

        return declare

    @property
    def rules(self) -> list[Rule]:
        """Everything that is declared of entries."""
        return [*self.mapping, *self.readers, *self.clients, *self.moves]

    def rule_for(self, binding: str, key: str) -> Rule | None:
        """The rule of `becomes` for a key: that with the longest prefix. None for what is not moved."""
        found: Rule | None = None
        for rule in self.mapping:
            longer = found is None or len(rule.prefix) > len(found.prefix)
            if longer and rule.binding == binding and key.startswith(rule.prefix):
                found = rule
        return found

    def is_note(self, label: str, key: str) -> bool:
        """Whether a key, or the row of a table, is one that the migration keeps for itself."""
        table = label.partition(".")[2]
        return table in self.notes if table else key.startswith(self.notes)

    def with_database(self, name: str) -> "Migration":
        """The same migration; rows of which nothing else is said are those of ``name``."""
        self.database = self.database or name
        for rules in (self.mapping, self.readers, self.clients):
            rules[:] = [
                replace(one, binding=self.database + one.binding, to=self.database + one.to)
                if one.binding.startswith(".")
                else one
                for one in rules
            ]
        return self

    def located(self, folder: Path) -> "Migration":
        """The same migration with its Workers' folders looked for in ``folder``."""
        self.folder = folder
        if self.migrations is not None:
            self.migrations = (folder / self.migrations).resolve()
        self.stages = {
            name: replace(stage, folder=(folder / stage.folder).resolve())
            for name, stage in self.stages.items()
        }
        return self


def _stage(name: str, place: Any) -> Stage:
    if isinstance(place, Stage):
        return place
    if isinstance(place, str | Path):
        return Stage(Path(place))
    if isinstance(place, tuple) and len(place) == 2 and isinstance(place[1], Mapping):
        return Stage(Path(place[0]), dict(place[1]))
    raise MigrationError(f"{name} is {place!r}: a Worker's folder, or (folder, variables)")
