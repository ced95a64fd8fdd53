"""Reads a command line the way wrangler's parser does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kvstore.javascript.values import to_number
from wrangler_compat.cli.errors import UsageError
from wrangler_compat.cli.flags import Flag

_TRUTH = {"true": True, "false": False}


@dataclass
class Arguments:
    """``words`` are the positionals, ``flags`` the values by name; ``unknown`` what no flag explains.

    ``repeated`` holds all values of the flags that were given more than once and take one.
    """

    words: list[str] = field(default_factory=list)
    flags: dict[str, Any] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    repeated: dict[str, list[Any]] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The value of a text flag; None when absent or empty, as wrangler takes it."""
        value = self.flags.get(name)
        return value if isinstance(value, str) and value else None

    def all_texts(self, name: str) -> list[str]:
        """Every value of a text flag, in their order."""
        first = self.text(name)
        return self.repeated.get(name, []) or ([] if first is None else [first])

    def switch(self, name: str) -> bool | None:
        """True, False, or None when not given."""
        value = self.flags.get(name)
        return value if isinstance(value, bool) else None

    def number(self, name: str) -> float | None:
        """The value of a number flag, NaN for what is not a number; None when absent."""
        value = self.flags.get(name)
        return value if isinstance(value, float) else None


def read_arguments(given: Sequence[str], flags: Sequence[Flag]) -> Arguments:
    """Split ``given`` into words and flags.

    ``--flag value``, ``--flag=value``, ``--no-flag``, ``--switch false`` and short forms work, before or
    after the words; what stands after ``--`` is not a word of the command. Raises UsageError when a
    value is missing.
    """
    return _Reader(given, flags).read()


class _Reader:
    def __init__(self, given: Sequence[str], flags: Sequence[Flag]) -> None:
        self._rest = list(given)
        self._known = {
            name: flag for flag in flags for name in (flag.name, flag.short, *flag.aliases) if name
        }
        self._result = Arguments()

    def read(self) -> Arguments:
        while self._rest:
            part = self._rest.pop(0)
            if part == "--":
                break
            if part.startswith("-") and len(part) > 1:
                self._flag(part)
            else:
                self._result.words.append(part)
        return self._result

    def _flag(self, part: str) -> None:
        name, equals, value = part.lstrip("-").partition("=")
        flag = self._known.get(_kebab(name))
        negated = name.startswith("no-") and flag is None
        if negated:
            flag = self._known.get(name.removeprefix("no-"))
        if flag is None:
            self._unknown(name, bool(equals))
        elif flag.kind == "switch":
            self._keep(flag, not negated and self._switch_value(value if equals else None))
        elif equals or not flag.bare or self._follows():
            self._keep(flag, _unquoted(value if equals else self._next(flag)))
            while flag.many and self._follows():
                self._keep(flag, _unquoted(self._next(flag)))
        elif flag.kind == "text":
            self._keep(flag, "")

    def _unknown(self, name: str, has_value: bool) -> None:
        spellings = [name, _camel(name)] if "-" in name else [name]
        self._result.unknown += spellings
        if not has_value and self._rest and not self._rest[0].startswith("-"):
            self._rest.pop(0)

    def _switch_value(self, value: str | None) -> bool:
        if value is None:
            follows = self._rest[0] if self._rest else ""
            return _TRUTH[self._rest.pop(0)] if follows in _TRUTH else True
        return _TRUTH.get(value, True)

    def _next(self, flag: Flag) -> str:
        if not self._follows():
            raise UsageError(f"Not enough arguments following: {flag.name}")
        return self._rest.pop(0)

    def _follows(self) -> bool:
        """Whether a value comes next; a negative number is one."""
        return bool(self._rest) and not re.match("-[^0-9]", self._rest[0])

    def _keep(self, flag: Flag, value: Any) -> None:
        if flag.kind == "number":
            value = to_number(value)
        if flag.many:
            self._result.flags.setdefault(flag.name, []).append(value)
            return
        if flag.name in self._result.flags and flag.kind != "switch":
            earlier = self._result.repeated.setdefault(flag.name, [self._result.flags[flag.name]])
            earlier.append(value)
        self._result.flags[flag.name] = value


def _unquoted(value: str) -> str:
    """Quotes that the shell left around a value are dropped."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value


def _camel(name: str) -> str:
    head, *rest = name.split("-")
    return head + "".join(part.capitalize() for part in rest)


def _kebab(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)
