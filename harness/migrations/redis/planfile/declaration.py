"""The plan file: what a user declares, read from YAML; what is wrong is named with its line and member."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml

from harness.migrations.redis.keyspace.pieces import STRUCTURES
from harness.migrations.redis.planfile.hook import Hook, read_hook
from harness.migrations.redis.planfile.invariant import CONSERVATION, Invariant
from harness.migrations.redis.planfile.pattern import Pattern, Template, Term

PLAIN = ("string", *STRUCTURES)
# What a type may become, and what for the new members need: a score.
BECOMES = {("list", "set"): False, ("zset", "list"): False, ("set", "zset"): True, ("list", "zset"): True}
TYPES = (*PLAIN, *(f"{one}->{two}" for one, two in BECOMES))
KEEP, REQUIRED, DROP = "keep", "required", "drop"
JSON, FIELDS = "json", "fields"
FIELD = "field"
IDS, TEXTS = "ids", "texts"
OURS = "understudy:"
_T = TypeVar("_T")


class DeclarationError(Exception):
    """The plan file is not what it should be: in a sentence, with its line and the member."""


@dataclass(frozen=True)
class RecordsOf:
    """Where the record of an id is: in the field of one hash (``id`` is ``field``), or in a key of its own.

    ``parse``: what is stored is a JSON object, or the fields of a hash.
    """

    key: Template
    id: str
    parse: str
    hook: Hook | None

    @property
    def in_fields(self) -> bool:
        return self.id == FIELD


@dataclass(frozen=True)
class Rule:
    """What becomes of the keys that match ``source``; ``line`` is where the file says so."""

    line: int
    source: Pattern
    target: Template
    was: str
    becomes: str
    ttl: str = KEEP
    score: Term | None = None
    members: str = IDS

    @property
    def type(self) -> str:
        return self.was if self.was == self.becomes else f"{self.was}->{self.becomes}"

    @property
    def of_record(self) -> bool:
        """Whether it needs the record of each id."""
        return self.target.of_record or (self.score is not None and self.score.of_record)

    def __str__(self) -> str:
        return f"{self.source.text} → {self.target.text}"


@dataclass(frozen=True)
class Declaration:
    """A plan file. ``leave`` are the patterns of keys that stay; ``digest`` tells one plan from another.

    ``journal`` is the journal's key.
    """

    path: Path
    name: str
    source: str
    target: str
    records: RecordsOf | None
    rules: tuple[Rule, ...]
    leave: tuple[Pattern, ...]
    invariants: tuple[Invariant, ...]
    conserves: bool
    digest: str
    journal: str

    def rule_for(self, key: str) -> tuple[int, dict[str, str]] | None:
        """The number of the first rule for a key without its prefix, and what its names stand for there."""
        for number, rule in enumerate(self.rules):
            names = rule.source.match(key)
            if names is not None:
                return number, names
        return None

    def leaves(self, key: str) -> bool:
        return any(pattern.match(key) is not None for pattern in self.leave)

    @property
    def records_first(self) -> bool:
        """Whether records go before everything else, to one key, as they are: they are read there then."""
        records, first = self.records, self.rules[0]
        alone = records is not None and records.in_fields and records.hook is None
        return alone and self.carries_records(first) and not first.target.settings

    def transforms(self, rule: Rule) -> bool:
        """Whether the user's own function changes what its keys hold."""
        return self.records is not None and self.records.hook is not None and self.carries_records(rule)

    def keeps(self, rule: Rule) -> bool:
        """Whether each of its keys becomes one other that holds the same."""
        return rule.was == rule.becomes and not rule.target.of_record and not self.transforms(rule)

    def carries_records(self, rule: Rule) -> bool:
        return self.records is not None and rule.source.text == self.records.key.text


def read_declaration(path: Path) -> Declaration:
    """The plan in a file. Raises DeclarationError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise DeclarationError(f"cannot read the plan {path}: {why}") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclarationError(
            f"{path}, line {line}: not YAML: {error.problem}. What has braces, a colon or a # in it goes in "
            'quotes: {from: "queue:{q}", …}'
        ) from error
    except yaml.YAMLError as error:
        raise DeclarationError(f"{path} is not YAML: {error}") from error
    if node is None:
        raise DeclarationError(f"{path} is empty: a plan has source, target and keys")
    return _declaration(path, _Member(path, "", node), text)


_KNOWN = ("name", "source", "target", "records", "keys", "leave", "invariants")


def _declaration(path: Path, plan: "_Member", text: str) -> Declaration:
    members = plan.members(_KNOWN, needed=("source", "target", "keys"))
    records = _records(members["records"]) if "records" in members else None
    rules = [_rule(one, records) for one in members["keys"].items()]
    if not rules:
        members["keys"].refuse("there is no rule: a list of {from: …, to: …, type: …}")
    leave = [one.reads(Pattern.read) for one in members["leave"].items()] if "leave" in members else []
    told = members["invariants"].items() if "invariants" in members else []
    invariants = [one.reads(Invariant.read) for one in told if one.text() != CONSERVATION]
    conserves = len(invariants) < len(told)
    if records is None and (conserves or any(one.of_record for one in invariants)):
        members["invariants"].refuse("there are no records: say where they are, records: {key: …, id: …}")
    if records is not None and not any(rule.source.text == records.key.text for rule in rules):
        members["records"].refuse(f"no rule under keys is from {records.key.text!r}, so records would stay")
    name = members["name"].text() if "name" in members else path.stem
    source, target = (members[one].text(empty=True) for one in ("source", "target"))
    hook = records.hook.digest if records and records.hook else ""
    return Declaration(
        path,
        name,
        source,
        target,
        records,
        tuple(rules),
        tuple(leave),
        tuple(invariants),
        conserves,
        sha256(f"{text}{hook}".encode()).hexdigest()[:16],
        f"{OURS}redis-migration:{name}",
    )


def _records(member: "_Member") -> RecordsOf:
    members = member.members(("key", "id", "parse", "transform"), needed=("key", "id"))
    key = members["key"].reads(Template.read)
    members["key"].reads(Pattern.read)
    told = members["id"].text().strip("{}")
    if told == FIELD and key.names:
        members["id"].refuse(f"the key has names: say which of them is the id, one of {_some(key.names)}")
    if told != FIELD and told not in key.names:
        members["id"].refuse(f"{told!r} is neither {FIELD!r} nor a name in the key")
    parse = members["parse"].one_of((JSON, FIELDS)) if "parse" in members else JSON
    if told == FIELD and parse == FIELDS:
        members["parse"].refuse("a record that is the fields of a hash has a key of its own, with {id} in it")
    hook = (
        members["transform"].reads(lambda text: read_hook(text, member.path))
        if "transform" in members
        else None
    )
    return RecordsOf(key, told, parse, hook)


def _rule(member: "_Member", records: RecordsOf | None) -> Rule:
    known = ("from", "to", "type", "ttl", "order", "score", "members")
    members = member.members(known, needed=("from", "to", "type"))
    source, target = members["from"].reads(Pattern.read), members["to"].reads(Template.read)
    was, _, becomes = members["type"].one_of(TYPES).partition("->")
    becomes = becomes or was
    score = members["score"].reads(lambda text: Term.read(text.strip("{}"))) if "score" in members else None
    rule = Rule(
        member.line,
        source,
        target,
        was,
        becomes,
        members["ttl"].one_of((KEEP, REQUIRED, DROP)) if "ttl" in members else KEEP,
        score,
        members["members"].one_of((IDS, TEXTS)) if "members" in members else IDS,
    )
    unknown = target.names - set(source.names)
    if unknown:
        members["to"].refuse(f"{_some(unknown)} is not a name in from, {source.text!r}")
    if rule.of_record and records is None:
        members["to"].refuse("there are no records to take a member from: say records: {key: …, id: …}")
    if BECOMES.get((was, becomes), False) != (score is not None):
        why = "needs a score" if score is None else "takes no score"
        member.refuse(f'type {rule.type} {why}, such as score: "{{record.created}}"')
    if "order" in members and (members["order"].one_of((KEEP,)) and "list" not in (was, becomes)):
        members["order"].refuse(f"a {rule.type} has no order to keep")
    if "order" in members and becomes == "set":
        members["order"].refuse("a set has no order to keep")
    if (
        target.of_record
        and was in ("stream", "string")
        and (records is None or records.id not in source.names)
    ):
        members["to"].refuse(f"a {was} goes to one key: its from has no name of a record's id")
    return rule


def _some(names: "set[str] | Sequence[str]") -> str:
    return ", ".join(repr(one) for one in sorted(names))


@dataclass(frozen=True)
class _Member:
    """A node of the file, with the way to it."""

    path: Path
    where: str
    node: yaml.Node

    @property
    def line(self) -> int:
        return int(self.node.start_mark.line) + 1

    def refuse(self, why: str) -> NoReturn:
        place = f"{self.where}: " if self.where else ""
        raise DeclarationError(f"{self.path}, line {self.line}: {place}{why}")

    def text(self, *, empty: bool = False) -> str:
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse("not a text; put what has braces in it in quotes")
        text: str = self.node.value
        if not text and not empty:
            self.refuse("an empty text")
        return text

    def reads(self, read: Callable[[str], _T]) -> _T:
        try:
            return read(self.text())
        except ValueError as error:
            self.refuse(str(error))

    def one_of(self, known: Sequence[str]) -> str:
        text = self.text()
        if text not in known:
            self.refuse(f"{text!r} is not one of {', '.join(known)}")
        return text

    def items(self) -> "list[_Member]":
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse("not a list")
        return [_Member(self.path, f"{self.where}[{n}]", one) for n, one in enumerate(self.node.value)]

    def members(self, known: Sequence[str], needed: Sequence[str]) -> "dict[str, _Member]":
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse(f"not members such as {', '.join(needed)}")
        found: dict[str, _Member] = {}
        for key, value in self.node.value:
            name = str(key.value)
            member = _Member(self.path, f"{self.where}.{name}".lstrip("."), value)
            if name not in known:
                _Member(self.path, member.where, key).refuse(f"no such member; there are {', '.join(known)}")
            if name in found:
                _Member(self.path, member.where, key).refuse("it is there twice")
            found[name] = member
        for name in needed:
            if name not in found:
                self.refuse(f"{name} is missing")
        return found


def as_json(declaration: Declaration) -> dict[str, Any]:
    """What a report says of it."""
    return {
        "name": declaration.name,
        "file": str(declaration.path),
        "source": declaration.source,
        "target": declaration.target,
        "rules": [
            {"from": one.source.text, "to": one.target.text, "type": one.type} for one in declaration.rules
        ],
    }
