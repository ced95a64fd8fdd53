"""Splits a text of several statements where SQLite would."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from kvstore.javascript.values import trimmed
from worker.d1 import messages
from worker.d1.errors import QueryError
from worker.d1.texts import as_sql, bytes_of

_TOKEN: Final = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))|(?P<word>[A-Za-z_]\w*)|(?P<end>;)"""
    r"""|'(?:[^']|'')*'?|"(?:[^"]|"")*"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|.""",
    re.DOTALL,
)
# Lines that are nothing but a comment are not looked at, if they begin with a blank.
_COMMENT_LINE: Final = re.compile(r"^\s+--.*", re.MULTILINE)
_FIRST_WORD: Final = re.compile(r"(?:\s|;|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*([A-Za-z]*)", re.DOTALL)
_READS: Final = frozenset({"SELECT", "VALUES", "EXPLAIN"})
_BETWEEN: Final = " \t\n\v\f\r"
_MAY_LIMIT: Final = re.compile(r"\b(?:DELETE|UPDATE)\b.*\b(?:LIMIT|ORDER)\b", re.IGNORECASE | re.DOTALL)
_AFTER_TABLE: Final = frozenset(("WHERE", "SET", "RETURNING", "ORDER", "LIMIT", ";"))
_TRIGGER_ENDS: Final = [";", "END"]


class Text(NamedTuple):
    """A text of SQL, looked at once: its statements as SQLite gets them, and whether they can only read.

    ``is_blank``: the runtime leaves it out without a word. ``last`` is empty where there is nothing in it.
    """

    is_blank: bool
    only_reads: bool
    before: tuple[str, ...]
    last: str


@lru_cache(maxsize=1024)
def look_at(sql: str, limit: int) -> Text:
    """Raises QueryError for a text of more than ``limit`` bytes."""
    if len(sql) * 3 > limit and len(bytes_of(sql)) > limit:
        raise QueryError(messages.TOO_LONG)
    sql = as_sql(sql)
    whole, nul, _ = sql.partition("\0")  # where SQLite ends; what follows is no statement
    parts = [*split(whole), *([""] if nul else [])] if nul or ";" in sql[:-1] else [sql]
    reads = len(parts) == 1 and first_word(sql) in _READS
    blank = not trimmed(_COMMENT_LINE.sub("", sql))
    *before, last = map(with_limits, parts)
    return Text(blank, reads, tuple(before), "" if is_empty(last) else last)


def first_word(sql: str) -> str:
    """``SELECT``, in capitals; "" where a text begins with none."""
    found = _FIRST_WORD.match(sql)
    return "" if found is None else found[1].upper()


def is_empty(text: str) -> bool:
    """Whether there is nothing in a text but blanks, comments and semicolons."""
    return all(token["blank"] or token["end"] for token in _TOKEN.finditer(text))


def split(text: str) -> Iterator[str]:
    """The statements of a text, each with its semicolon; the last may turn out to hold none.

    Semicolons before a statement belong to it, those in the body of a trigger end nothing, and blanks behind
    a semicolon belong to nobody.
    """
    start = 0
    words: list[str] = []
    for token in _TOKEN.finditer(text):
        if token["blank"] or token.start() < start:
            continue
        if not token["end"]:
            words.append((token["word"] or "").upper())
        elif words and "TRIGGER" in words[:4] and words[-2:] != _TRIGGER_ENDS:
            words.append(";")
        elif words:
            yield text[start : token.end()]
            start, words = token.end(), []
            while start < len(text) and text[start] in _BETWEEN:
                start += 1
    if start < len(text):
        yield text[start:]


def with_limits(sql: str) -> str:
    """A DELETE or UPDATE with LIMIT as SQLite carries it out: what is limited is a SELECT of the rows.

    SQLite can be built so that it takes such statements, as the runtime's is, and Python's is not.
    """
    if not _MAY_LIMIT.search(sql):
        return sql
    tokens = _top_level(sql)
    words = [word for word, _, _ in tokens]
    verb = next((place for place, word in enumerate(words) if word in ("DELETE", "UPDATE")), None)
    ends = [place for place, word in enumerate(words) if word in ("ORDER", "LIMIT")]
    if verb is None or not ends or "SELECT" in words:
        return sql
    limited = next(place for place in ends)
    if "LIMIT" not in words[limited:]:
        raise QueryError(f"ORDER BY without LIMIT on {words[verb]}: SQLITE_ERROR")

    def at(word: str) -> int | None:
        return words.index(word, verb, limited) if word in words[verb:limited] else None

    def text(start: int, end: int | None) -> str:
        last = len(sql) if end is None else tokens[end][1]
        return sql[tokens[start][1] : last].rstrip().removesuffix(";")

    returning = at("RETURNING")
    where = at("WHERE")
    condition_ends = limited if returning is None else returning
    head = sql[: tokens[condition_ends if where is None else where][1]]
    table = _table(sql, tokens, verb)
    condition = "" if where is None else text(where, condition_ends)
    chosen = f"SELECT rowid FROM {table} {condition} {text(limited, None)}"
    returned = "" if returning is None else text(returning, limited)
    return f"{head} WHERE rowid IN ({chosen}) {returned}"


def _top_level(sql: str) -> list[tuple[str, int, int]]:
    """Words, in capitals, and other tokens outside of parentheses, with where they start and end."""
    depth, found = 0, []
    for token in _TOKEN.finditer(sql):
        depth += (token[0] == "(") - (token[0] == ")")
        if not token["blank"] and depth == 0:
            found.append(((token["word"] or token[0]).upper(), token.start(), token.end()))
    return found


def _table(sql: str, tokens: Sequence[tuple[str, int, int]], verb: int) -> str:
    """The table of a DELETE or UPDATE, with its alias."""
    words = [word for word, _, _ in tokens]
    first = verb + 1
    if words[first] == "OR":
        first += 2
    first += words[first] == "FROM"
    last = next((place for place in range(first, len(words)) if words[place] in _AFTER_TABLE), len(words))
    return sql[tokens[first][1] : tokens[last - 1][2]]
