"""JSON without comments and trailing commas, with the complaints of wrangler's parser."""

import re
from pathlib import Path
from typing import Final

from worker.config import Location
from worker.config.files.jsonc import JsoncFault, parse_jsonc
from worker.config.javascript import JSON
from wrangler_compat.cli.errors import FileError

# What the tolerant parser lets pass, outside strings: a comment, a comma before a closing mark.
_TOKENS: Final = re.compile(
    r"""(?P<string>"(?:[^"\\\n]|\\.)*"?)"""
    r"""|(?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))"""
    r"""|(?P<comma>,)\s*(?P<end>[\]}])""",
    re.DOTALL,
)
_AFTER_COMMA: Final = {"]": "ValueExpected", "}": "PropertyNameExpected"}


def parse_strict(text: str, name: str) -> JSON:
    """The value in ``text``. Raises FileError with the first fault and its place in the file ``name``."""
    fault = _tolerated(text)
    try:
        value = parse_jsonc(text)
    except JsoncFault as found:
        fault = found if fault is None or found.offset < fault.offset else fault
    except RecursionError:
        raise FileError(f"{name} cannot be read: its objects and arrays are nested too deeply.") from None
    if fault is not None:
        raise FileError(fault.code, location=locate(text, name, fault.offset, fault.length))
    return value


def _tolerated(text: str) -> JsoncFault | None:
    for token in _TOKENS.finditer(text):
        if token["comment"] is not None:
            return JsoncFault("InvalidCommentToken", token.start(), token.end() - token.start())
        if token["end"] is not None:
            return JsoncFault(_AFTER_COMMA[token["end"]], token.start("end"), 1)
    return None


def locate(text: str, name: str, offset: int, length: int = 0) -> Location:
    """The place of a character, as line and column."""
    before = text[:offset]
    line = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1)
    return Location(Path(name), line + 1, column, text.split("\n")[line], length)
