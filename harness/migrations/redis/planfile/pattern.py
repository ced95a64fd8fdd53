"""The keys of a plan: patterns that match them, and templates that make them.

``q:{c|lower}:pending:{record.priority|0}``: a name of the pattern, or a member of the record, then filters:
``lower``, ``upper``, ``0..9`` (a whole number, moved between these two; anything else is missing), or a
default for what is missing. In a pattern ``{name*}`` matches colons too.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

RECORD = "record"
_HOLE = re.compile(r"\{([^{}]*)\}")
_WIDE = re.compile(r"\{(\w+)\*\}")
_BOUNDS = re.compile(r"(-?\d+)\.\.(-?\d+)")
_WHOLE = re.compile(r"-?\d+")
_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
_CASES = {"lower": str.lower, "upper": str.upper}


class Unfilled(ValueError):
    """A value that a key or a comparison needs is missing, or neither a text nor a number."""


@dataclass(frozen=True)
class Term:
    """One value: of a name, or of a member of the record, or itself; then its filters."""

    path: tuple[str, ...]
    filters: tuple[str, ...] = ()
    literal: str | None = None

    @classmethod
    def read(cls, text: str) -> "Term":
        """Raises ValueError, which says what is wrong with ``text``."""
        path, *filters = (part.strip() for part in text.split("|"))
        names = tuple(path.split("."))
        if not all(_NAME.fullmatch(name) for name in names):
            raise ValueError(f"{{{text}}}: {path!r} is not a name, nor record and a member of it")
        if (names[0] == RECORD) != (len(names) > 1):
            raise ValueError(f"{{{text}}}: a name alone, or record.MEMBER")
        return cls(names, tuple(filters))

    @property
    def of_record(self) -> bool:
        return len(self.path) > 1

    @property
    def name(self) -> str | None:
        """The name of the pattern that it needs, if it does."""
        return self.path[0] if self.literal is None and not self.of_record else None

    def value(self, names: Mapping[str, str], record: Mapping[str, Any] | None) -> str:
        """Raises Unfilled where there is neither a value nor a default."""
        if self.literal is not None:
            return self.literal
        text = self._text(record) if self.of_record else names.get(self.path[0])
        for one in self.filters:
            change = _CASES.get(one)
            if bounds := _BOUNDS.fullmatch(one):
                text = _within(text, int(bounds[1]), int(bounds[2]))
            else:
                text = (text or one) if change is None else text and change(text)
        if not text:
            raise Unfilled(f"there is no {'.'.join(self.path)}")
        return text

    def _text(self, record: Mapping[str, Any] | None) -> str | None:
        found: Any = record
        for member in self.path[1:]:
            found = found.get(member) if isinstance(found, Mapping) else None
        if found is None or isinstance(found, str):
            return found
        if isinstance(found, bool | int | float):
            return json.dumps(found)
        raise Unfilled(f"{'.'.join(self.path)} is a {'list' if isinstance(found, list) else 'JSON object'}")


def _within(text: str | None, least: int, most: int) -> str | None:
    return str(min(max(int(text), least), most)) if text and _WHOLE.fullmatch(text) else None


@dataclass(frozen=True)
class Template:
    """A text with terms in braces."""

    text: str
    parts: tuple[str | Term, ...]

    @classmethod
    def read(cls, text: str) -> "Template":
        """Raises ValueError, which says what is wrong with ``text``."""
        found = _HOLE.split(_WIDE.sub(r"{\1}", text))
        parts = [Term.read(part) if at % 2 else part for at, part in enumerate(found)]
        if any("{" in part or "}" in part for part in found[::2]):
            raise ValueError(f"{text!r} has a brace that is not closed, or not opened")
        return cls(text, tuple(part for part in parts if part != ""))

    @property
    def settings(self) -> list[Term]:
        return [part for part in self.parts if isinstance(part, Term)]

    @property
    def of_record(self) -> bool:
        return any(term.of_record for term in self.settings)

    @property
    def names(self) -> set[str]:
        return {term.path[0] for term in self.settings if not term.of_record}

    def fill(self, names: Mapping[str, str], record: Mapping[str, Any] | None = None) -> str:
        """Raises Unfilled."""
        return "".join(part if isinstance(part, str) else part.value(names, record) for part in self.parts)


@dataclass(frozen=True)
class Pattern:
    """Matches keys; a name is one or more characters, none of them a colon unless it is ``{name*}``."""

    text: str
    names: tuple[str, ...]
    regex: re.Pattern[str]
    wide: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> "Pattern":
        """Raises ValueError, which says what is wrong with ``text``."""
        template = Template.read(text)
        if any(term.of_record or term.filters for term in template.settings):
            raise ValueError(f"{text!r}: a pattern has names alone, no record and no filters")
        return cls.of(template, _WIDE.findall(text))

    @classmethod
    def of(cls, template: Template, wide: Collection[str]) -> "Pattern":
        """Matches what ``template`` makes, where what comes of a record is anything without a colon.

        ``wide`` are the names that match colons too. Raises ValueError as `read` does.
        """
        text = template.text
        names: list[str] = []
        regex = ""
        before: str | Term = ""
        for part in template.parts:
            if isinstance(part, str):
                regex += re.escape(part)
            elif isinstance(before, Term):
                raise ValueError(f"{text!r}: two names without anything between them")
            elif part.of_record:
                regex += "[^:]+"
            elif part.path[0] in names:
                regex += f"(?P={part.path[0]})"
            else:
                names.append(part.path[0])
                regex += f"(?P<{part.path[0]}>{'.+' if part.path[0] in wide else '[^:]+'})"
            before = part
        return cls(text, tuple(names), re.compile(regex, re.DOTALL), tuple(wide))

    def fill(self, names: Mapping[str, str]) -> str:
        """The key that matches with those names."""
        return Template.read(self.text).fill(names)

    def match(self, key: str) -> dict[str, str] | None:
        """What its names stand for in ``key``; None for another key."""
        found = self.regex.fullmatch(key)
        return found.groupdict() if found else None
