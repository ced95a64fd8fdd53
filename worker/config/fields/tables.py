"""How a table of a configuration is described, and what is checked of it by that description.

A `section` is one table (``[build]``), whose members have checks of their own. An `entry` is one of an array
of tables (``[[r2_buckets]]``): a binding, of which wrangler speaks in another way. The descriptions are in
products.py and sections.py.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from worker.config.fields.checks import Check
from worker.config.fields.scope import Scope
from worker.config.javascript import JSON, TomlDate, is_number, is_text, members, shown

Kind = Literal["string", "number", "boolean", "object"]
Unknown = Literal["named", "ignored", "decisive"]
_IS: Final[Mapping[Kind, Callable[[JSON], bool]]] = {
    "string": is_text,
    "number": is_number,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: value is None or isinstance(value, dict | list | TomlDate),
}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a binding: its type, whether it must be there, and whether it may be ``""``.

    ``says`` is what a message says of a wrong one, between the place and "field but got"; "" for one that is
    not looked at. ``also`` is a further check of the binding, made after this member's.
    """

    name: str
    says: str = ""
    kind: Kind = "string"
    required: bool = False
    filled: bool = False
    also: Check | None = None

    def is_right(self, entry: Mapping[str, JSON]) -> bool:
        if self.name not in entry:
            return not self.required
        value = entry[self.name]
        return not self.says or (_IS[self.kind](value) and not (self.filled and value == ""))


def should(name: str, *, filled: bool = False) -> Member:
    return Member(name, f'bindings should have a string "{name}"', required=True, filled=filled)


def must(name: str, a: str = "a string") -> Member:
    return Member(name, f'bindings must have {a} "{name}"', required=True)


def may(name: str, kind: Kind = "string") -> Member:
    return Member(name, f'bindings should, optionally, have a {kind} "{name}"', kind)


REMOTE: Final = Member("remote", 'should, optionally, have a boolean "remote"', "boolean")


def entry(
    complaint: str,
    *described: Member,
    unknown: Unknown = "named",
    also: Check | None = None,
) -> Check:
    """A check of one binding; ``complaint`` begins what is said of one that is no table.

    Members that are not ``described`` are ``unknown``: named in a warning, ignored, or reason to look no
    further. ``also`` is a further check of the whole.
    """
    known = frozenset(member.name for member in described)

    def check(scope: Scope, path: str, value: JSON) -> None:
        if not isinstance(value, dict | list):
            scope.error(f"{complaint.format(path=path)} {shown(value)}")
            return
        held = members(value)
        if unknown == "decisive" and not known.issuperset(held):
            scope.warn_unexpected(path, value, known)
            return
        for member in described:
            if not member.is_right(held):
                scope.error(f'"{path}" {member.says} field but got {shown(value)}.')
            if member.also is not None:
                member.also(scope, path, value)
        if also is not None:
            also(scope, path, value)
        if unknown == "named":
            scope.warn_unexpected(path, value, known)

    return check


def section(described: Mapping[str, Check], required: Collection[str] = ()) -> Check:
    """A check of one table: what is described of its members, and that it has no others."""

    def check(scope: Scope, path: str, value: JSON) -> None:
        if not isinstance(value, dict | list):
            scope.error(f'"{path}" should be an object but got {shown(value)}.')
            return
        check_members(scope, path, members(value), described, required)
        scope.warn_unexpected(path, value, frozenset(described))

    return check


def check_members(
    scope: Scope,
    path: str,
    held: Mapping[str, JSON],
    described: Mapping[str, Check],
    required: Collection[str] = (),
) -> None:
    """Each member by its check, and that none is missing."""
    for name, check in described.items():
        if name in held:
            check(scope, f"{path}.{name}", held[name])
        elif name in required:
            scope.error(f'"{path}.{name}" is a required field.')


def each(check_one: Check, complaint: str) -> Check:
    """A check of an array; one that is falsy in JavaScript counts as absent."""

    def check(scope: Scope, path: str, value: JSON) -> None:
        if not value and not isinstance(value, dict | list):
            return
        if not isinstance(value, list):
            scope.error(complaint.format(path=path, value=shown(value)))
            return
        for index, one in enumerate(value):
            check_one(scope, f"{path}[{index}]", one)

    return check


def nested(check_whole: Check) -> Check:
    """A check that names the environment in its place, as wrangler does for some tables only."""
    return lambda scope, field, value: check_whole(scope, scope.path(field), value)
