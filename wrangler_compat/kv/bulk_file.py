"""The JSON files of ``kv bulk``: keys to get or delete, entries to write."""

import base64
import re
from pathlib import Path
from typing import Any, Final

from kvstore.javascript.json_text import stringify
from wrangler_compat.cli.console import Console
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.files import read_text
from wrangler_compat.cli.strict_json import parse_strict

_MOST_COMPLAINTS: Final = 12
_MEMBERS: Final = {
    "key": "string",
    "value": "string",
    "expiration": "number",
    "expiration_ttl": "number",
    "base64": "boolean",
    "metadata": "object",
}
_INTERFACE: Final = """\
Each item in the array should be an object that matches:

interface KeyValue {
  key: string;
  value: string;
  expiration?: number;
  expiration_ttl?: number;
  metadata?: object;
  base64?: boolean;
}

"""


def read_keys(folder: Path, name: str) -> list[str]:
    """The keys in an array of strings or ``{name}``. Raises CommandError, naming items that are neither."""
    content: Any = parse_strict(read_text(folder, name), name)
    if not isinstance(content, list):
        raise CommandError(
            f'Unexpected JSON input from "{name}".\nExpected an array of strings but got:\n{_shown(content)}'
        )
    keys = [item.get("name") if isinstance(item, dict) else item for item in content]
    wrong = [
        f'The item at index {index} is type: "{type_of(content[index])}" - {stringify(content[index])}'
        for index, key in enumerate(keys)
        if not isinstance(key, str)
    ]
    if wrong:
        raise CommandError(
            f'Unexpected JSON input from "{name}".\n'
            'Expected an array of strings or objects with a "name" key.\n' + "\n".join(wrong)
        )
    return [str(key) for key in keys]


def read_entries(folder: Path, name: str, console: Console) -> list[dict[str, Any]]:
    """The items of a bulk file, unknown members reported. Raises CommandError, showing the wrong ones."""
    content: Any = parse_strict(read_text(folder, name), name)
    if not isinstance(content, list):
        raise CommandError(
            f'Unexpected JSON input from "{name}".\n'
            f'Expected an array of key-value objects but got type "{type_of(content)}".'
        )
    wrong = [
        f"The item at index {index} is {stringify(item)}"
        for index, item in enumerate(content)
        if not _fits(item)
    ]
    odd = [
        f"The item at index {index} contains unexpected properties: {stringify(extra)}."
        for index, item in enumerate(content)
        if _fits(item) and (extra := [member for member in item if member not in _MEMBERS])
    ]
    if odd:
        console.caution(f'Unexpected key-value properties in "{name}".\n' + _some(odd))
    if wrong:
        raise CommandError(f'Unexpected JSON input from "{name}".\n{_INTERFACE}' + _some(wrong))
    return [item for item in content if isinstance(item, dict)]


def _fits(item: Any) -> bool:
    if not isinstance(item, dict) or not {"key", "value"} <= item.keys():
        return False
    return all(type_of(item[name]) == kind for name, kind in _MEMBERS.items() if name in item)


def _some(complaints: list[str]) -> str:
    more = ["..."] if len(complaints) > _MOST_COMPLAINTS else []
    return "\n".join([*complaints[:_MOST_COMPLAINTS], *more])


def type_of(value: Any) -> str:
    """JavaScript's ``typeof``, for a JSON value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "object"


def _shown(value: Any) -> str:
    """``String(value)``, as it stands in a template."""
    return (
        "[object Object]"
        if isinstance(value, dict)
        else value
        if isinstance(value, str)
        else str(stringify(value))
    )


def decode_base64(text: str) -> bytes:
    """As Node.js decodes it: both alphabets, what is neither is skipped, the first ``=`` ends it."""
    letters = re.sub(r"[^A-Za-z0-9+/]", "", text.split("=", 1)[0].translate(str.maketrans("-_", "+/")))
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return base64.b64decode(letters + "=" * (-len(letters) % 4))
