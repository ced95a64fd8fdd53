"""What must hold of every id, before anything is moved: ``record.command|lower == c``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.migrations.redis.planfile.pattern import Term

CONSERVATION = "conservation: id"
_COMPARED = re.compile(r"\s(==|!=|<=|>=|<|>)\s")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


@dataclass(frozen=True)
class Invariant:
    """Two terms and how they compare: numbers as numbers where both are, everything else as texts."""

    text: str
    left: Term
    operator: str
    right: Term

    @classmethod
    def read(cls, text: str) -> "Invariant":
        """Raises ValueError, which says what is wrong with ``text``."""
        parts = _COMPARED.split(text)
        if len(parts) != 3:
            raise ValueError(f"{text!r} is neither {CONSERVATION!r} nor a comparison such as 'record.a == b'")
        return cls(text, _side(parts[0]), parts[1], _side(parts[2]))

    @property
    def names(self) -> set[str]:
        return {term.name for term in (self.left, self.right) if term.name is not None}

    @property
    def of_record(self) -> bool:
        return any(term.of_record for term in (self.left, self.right))

    def holds(self, names: Mapping[str, str], record: Mapping[str, Any] | None) -> bool:
        """Raises Unfilled where a side has no value."""
        return _compared(self.operator, self.left.value(names, record), self.right.value(names, record))


def _side(text: str) -> Term:
    text = text.strip()
    if quoted := _QUOTED.fullmatch(text):
        return Term((), literal=quoted[1] if quoted[1] is not None else quoted[2])
    return Term((), literal=text) if _NUMBER.fullmatch(text) else Term.read(text)


def _compared(operator: str, left: str, right: str) -> bool:
    numbers = _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right)
    one, two = (float(left), float(right)) if numbers else (left, right)
    order = (one > two) - (one < two)  # type: ignore[operator]
    return {
        "==": order == 0,
        "!=": order != 0,
        "<": order < 0,
        "<=": order <= 0,
        ">": order > 0,
        ">=": order >= 0,
    }[operator]
