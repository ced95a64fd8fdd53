"""The mistakes in SQL: in a condition, in what a conflict does, in what is set. Values have other rules."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from harness.mutation.points import Code, Literal, TextRange

Change = tuple[int, int, str]

_IS_SQL: Final = re.compile(
    r"\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE|WITH)\b|.*\bON\s+CONFLICT\b|\s*DO\s+(?:NOTHING|UPDATE)\b",
    re.IGNORECASE | re.DOTALL,
)
# Where a clause of a statement ends; nothing is cut across the pieces that a text is written in.
_END: Final = r"(?=\s+(?:GROUP|ORDER|LIMIT|RETURNING|ON|WHERE)\b|\s*;|\s*\)\s*$|\s*[\"'`\n]|$)"
_WHERE: Final = re.compile(rf"\s+WHERE\s+[^\"'`\n]+?{_END}", re.IGNORECASE)
_LIMIT: Final = re.compile(rf"\s+LIMIT\s+[^\"'`\n]+?{_END}", re.IGNORECASE)
_SET: Final = re.compile(rf"\bSET\s+([^\"'`\n]+?){_END}", re.IGNORECASE)
_DO: Final = re.compile(rf"\bDO\s+(?:NOTHING|UPDATE\s+SET\s+[^\"'`\n]+?{_END})", re.IGNORECASE)
_ASSIGNED: Final = re.compile(r",\s*(?![^()]*\))")
_WORDS: Final = (
    (re.compile(r"\bAND\b", re.I), "OR"),
    (re.compile(r"\bOR\b(?!\s+(?:IGNORE|REPLACE))", re.I), "AND"),
)
_COMPARED: Final = re.compile(r"(?<=\s)(<=|>=|<>|!=|<|>|=)(?=\s)")
_OTHER: Final = {"<=": "<", ">=": ">", "<": "<=", ">": ">=", "<>": "=", "!=": "=", "=": "<>"}
_INSERTED: Final = re.compile(r"\bINSERT\s+OR\s+(IGNORE|REPLACE)\b", re.IGNORECASE)
_AS_INSERTED: Final = {"IGNORE": "INSERT OR REPLACE", "REPLACE": "INSERT OR IGNORE"}


def _in_sql(rule: Callable[[Code, str], Iterator[Change]]) -> Callable[[Code, TextRange], Iterator[Change]]:
    """The rule for every text of SQL in a file, as it is written there."""

    def of_point(code: Code, point: TextRange) -> Iterator[Change]:
        if isinstance(point, Literal) and _IS_SQL.match(point.text):
            written, start = code.source.at(point), point.start
            for first, last, new in rule(code, written):
                yield start + len(written[:first].encode()), start + len(written[:last].encode()), new

    return of_point


def _condition(_: Code, sql: str) -> Iterator[Change]:
    """A condition, or a limit, left out; OR for AND; another comparison after WHERE."""
    for clause in (_WHERE, _LIMIT):
        for found in clause.finditer(sql):
            yield found.start(), found.end(), ""
    for pattern, new in _WORDS:
        for found in pattern.finditer(sql):
            yield found.start(), found.end(), new
    for where in _WHERE.finditer(sql):
        for found in _COMPARED.finditer(sql, where.start(), where.end()):
            yield found.start(), found.end(), _OTHER[found[1]]


def _conflict(code: Code, sql: str) -> Iterator[Change]:
    """What a conflict does otherwise: REPLACE for IGNORE, or what another statement of the file does."""
    for found in _INSERTED.finditer(sql):
        yield found.start(), found.end(), _AS_INSERTED[found[1].upper()]
    others = [one[0] for one in _DO.finditer(code.source.text)]
    for found in _DO.finditer(sql):
        for other in dict.fromkeys(others):
            if other != found[0]:
                yield found.start(), found.end(), other


def _assignment(_: Code, sql: str) -> Iterator[Change]:
    """One of several columns that are set left out."""
    for found in _SET.finditer(sql):
        parts = _ASSIGNED.split(found[1])
        for place in range(len(parts) if len(parts) > 1 else 0):
            yield found.start(1), found.end(1), ", ".join(parts[:place] + parts[place + 1 :])


SQL: Final = {
    "SQL condition": _in_sql(_condition),
    "SQL conflict": _in_sql(_conflict),
    "SQL assignment": _in_sql(_assignment),
}
