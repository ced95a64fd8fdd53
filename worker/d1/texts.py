"""Texts that are not valid Unicode: bound, they are stored as the bytes that JavaScript makes of them; read,
every byte that is not UTF-8 becomes U+FFFD.
"""

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from kvstore.javascript.values import has_lone_surrogate, normalise_surrogates

_TOKEN: Final = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/"""
    r"""|(?P<parameter>\?[0-9]*|[:@#$][A-Za-z_0-9$]+(?:::[A-Za-z_0-9$]+)*(?:\([^\s)]*\))?)|[A-Za-z_][\w$]*|.""",
    re.DOTALL,
)
_ONE: Final = (
    "CASE WHEN typeof({0}) IN ('text', 'blob') THEN CAST(typeof({0}) || CAST({0} AS TEXT) AS BLOB) "
    "ELSE {0} END"
)


def as_sql(text: str) -> str:
    """A text of SQL that can be written as UTF-8."""
    if not has_lone_surrogate(text):
        return text
    return re.sub("[\ud800-\udfff]", "\ufffd" * 3, normalise_surrogates(text))


def bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def with_bytes(sql: str, params: Sequence[Any]) -> tuple[str, list[Any]]:
    """The statement and its values, where texts with lone surrogates are bound as bytes, and cast."""
    odd = {n for n, one in enumerate(params, 1) if isinstance(one, str) and has_lone_surrogate(one)}
    return _cast(sql, odd), [bytes_of(one) if n in odd else one for n, one in enumerate(params, 1)]


def _cast(sql: str, numbers: Collection[int]) -> str:
    names: dict[str, int] = {}
    highest = 0
    parts = []
    for token in _TOKEN.finditer(sql):
        text = token[0]
        if token["parameter"]:
            if text == "?":
                number = highest + 1
            elif text[0] == "?":
                number = int(text[1:])
            else:
                number = names.setdefault(text, highest + 1)
            highest = max(highest, number)
            text = f"CAST({text} AS TEXT)" if number in numbers else text
        parts.append(text)
    return "".join(parts)


def reading_bytes(sql: str, columns: int) -> str:
    """A SELECT of the same rows, whose texts and blobs are bytes that begin with the name of their type."""
    names = [f"_cf_{number}" for number in range(columns)]
    return f"WITH _cf_rows({', '.join(names)}) AS (\n{sql.rstrip().removesuffix(';')}\n) SELECT " + (
        ", ".join(map(_ONE.format, names)) + " FROM _cf_rows"
    )


def from_bytes(value: Any) -> Any:
    """A value of such a row."""
    if not isinstance(value, bytes):
        return value
    kind, content = value[:4], value[4:]
    return content.decode("utf-8", "replace") if kind == b"text" else content
