"""The table of small mistakes: what is made of a point in a Worker's code, by rule, whatever the language."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final

from harness.mutation.mutant import Mutant
from harness.mutation.options import OPTIONS, all_left_out, left_out
from harness.mutation.points import (
    Absence,
    Awaited,
    Block,
    Called,
    Code,
    Condition,
    Given,
    Handled,
    Joined,
    Literal,
    Member,
    Name,
    Negated,
    Nullish,
    Number,
    Operator,
    Removable,
    Statement,
    TextRange,
    prefix_of,
)
from harness.mutation.python.points import read_python
from harness.mutation.sql import SQL
from harness.system.files import PYTHON

# Something that is to stand in the place from one byte to another.
Change = tuple[int, int, str]
Rule = Callable[[Code, Any], Iterator[Change]]

_COMPARED: Final = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
    "===": ("!==",),
    "!==": ("===",),
    "in": ("not in",),
    "not in": ("in",),
    "is": ("is not",),
    "is not": ("is",),
}
# In how many others' places one of many keys is put.
_MOST_KEYS: Final = 2


def _comparison(_: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Operator):
        for new in _COMPARED.get(point.written, ()):
            yield point.start, point.end, new


def _constant(code: Code, point: TextRange) -> Iterator[Change]:
    if not isinstance(point, Number):
        return
    if isinstance(point.value, bool):
        yield _instead(point, code.spelling.truth[not point.value])
    else:
        yield _instead(point, repr(point.value + 1))
        if point.value:
            yield _instead(point, repr(point.value - 1))


def _arithmetic(code: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Operator) and point.written in code.spelling.computed:
        yield _instead(point, code.spelling.computed[point.written])


def _smaller_or_larger(_: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Called) and point.name in ("min", "max"):
        yield _instead(point, "max" if point.name == "min" else "min")


def _and_or(code: Code, point: TextRange) -> Iterator[Change]:
    if not isinstance(point, Joined):
        return
    if point.operator is not None and point.word in code.spelling.joining:
        yield _instead(point.operator, code.spelling.joining[point.word])
    for one in point.operands:
        others = [f"({code.source.at(other)})" for other in point.operands if other is not one]
        yield _instead(point, f" {point.word} ".join(others))


def _negation(code: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Negated):
        yield _instead(point, f"({code.source.at(point.inner)})")
    elif isinstance(point, Condition) and not point.has_own:
        yield _instead(point, code.spelling.negated.format(code.source.at(point)))


def _none_or_falsy(code: Code, point: TextRange) -> Iterator[Change]:
    say, source = code.spelling, code.source
    if isinstance(point, Absence):
        subject = source.at(point.subject)
        yield _instead(point, say.negated.format(subject) if point.is_absent else f"({subject})")
    elif isinstance(point, Negated) and point.is_simple:
        yield _instead(point, say.absent.format(source.at(point.inner)))
    elif isinstance(point, Condition) and point.is_simple:
        yield _instead(point, say.present.format(source.at(point)))
    elif isinstance(point, Nullish):
        yield _instead(point, point.otherwise)


def _statement_left_out(code: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Removable):
        yield _instead(point, code.spelling.nothing)


def _await_left_out(code: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Awaited):
        yield _instead(point, code.source.at(point.inner))


def _arguments_swapped(code: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Given):
        for one, other in pairwise(point.arguments):
            if code.source.at(one) != code.source.at(other):
                yield _exchanged(code, one, other)


def _another_key(code: Code, point: TextRange) -> Iterator[Change]:
    """Another prefix of the same file, by its name or as it is written, or another function of keys."""
    if isinstance(point, Name):
        for other in _others(point.name, code.keys):
            yield _instead(point, other)
    elif isinstance(point, Member):
        alike = [one for one in code.members.get(point.owner, ()) if one.isupper() == point.name.isupper()]
        for other in _others(point.name, alike):
            yield point.end - len(point.name.encode()), point.end, other
    elif isinstance(point, Literal) and (prefix := prefix_of(point)):
        written = code.source.at(point)
        if (place := written.find(prefix)) >= 0:
            start = point.start + len(written[:place].encode())
            for other in _others(prefix, code.prefixes):
                yield start, start + len(prefix.encode()), other


def _others(name: str, all_names: Any) -> list[str]:
    """The next ones of a list that a name is in."""
    if name not in all_names:
        return []
    at = all_names.index(name)
    return [one for one in (all_names[at + 1 :] + all_names[:at])[:_MOST_KEYS] if one != name]


def _exception_swallowed(code: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Handled):
        yield _instead(point, code.spelling.nothing)


def _statements_exchanged(code: Code, point: TextRange) -> Iterator[Change]:
    if isinstance(point, Block):
        for one, other in pairwise(point.statements):
            if _can_change_places(one, other):
                yield _exchanged(code, one, other)


def _can_change_places(one: Statement, other: Statement) -> bool:
    """Whether both would still run, and the order may matter: one of them does something."""
    is_fixed = one.is_fixed or other.is_fixed
    return not is_fixed and (one.acts or other.acts) and not one.stores & other.loads


def _exchanged(code: Code, one: TextRange, other: TextRange) -> Change:
    between = code.source.between(one.end, other.start)
    return one.start, other.end, f"{code.source.at(other)}{between}{code.source.at(one)}"


def _instead(point: TextRange, text: str) -> Change:
    return point.start, point.end, text


# Every rule, by its name, in the order in which they are told.
RULES: Final[dict[str, Rule]] = {
    "comparison": _comparison,
    "constant": _constant,
    "arithmetic": _arithmetic,
    "min or max": _smaller_or_larger,
    "and or": _and_or,
    "negation": _negation,
    "None or falsy": _none_or_falsy,
    "statement left out": _statement_left_out,
    "await left out": _await_left_out,
    "arguments swapped": _arguments_swapped,
    "another key": _another_key,
    "exception swallowed": _exception_swallowed,
    "statements exchanged": _statements_exchanged,
    **{name: left_out(words) for name, words in OPTIONS.items()},
    "options left out": all_left_out,
    **SQL,
}


def mistakes(file: str, text: str) -> list[Mutant]:
    """Every mistake that the rules make in a file, in the order of the text; each once.

    Raises SyntaxError for what is not in the language that the file's name says, and ImportError where what
    reads JavaScript is missing.
    """
    suffix = PurePath(file).suffix
    if suffix in PYTHON:
        code = read_python(text)
    else:
        from harness.mutation.javascript import read_javascript  # takes tree-sitter

        code = read_javascript(text, suffix)
    made: dict[Change, str] = {}
    for node in code.nodes:
        for rule, changes in RULES.items():
            for point in node:
                for change in changes(code, point):
                    made.setdefault(change, rule)
    between, line = code.source.between, code.source.line
    return [
        Mutant(rule, file, line(start), start, between(start, end), new)
        for (start, end, new), rule in sorted(made.items())
    ]
