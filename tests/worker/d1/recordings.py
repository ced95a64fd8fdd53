"""The recorded answers of D1, and how an outcome is compared with one."""

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

VECTORS: Final = Path(__file__).parents[2] / "data" / "vectors" / "d1"
_MASKED_TEXT: Final = re.compile(r"<(?:stack|reference)>")
# Counters of SQLite's virtual machine, which the recorded runtime patched into its own SQLite.
_WRITTEN: Final = "rows_written"
_COUNTERS: Final = ("rows_read", _WRITTEN)


@dataclass(frozen=True)
class Case:
    area: str
    id: str
    steps: list[dict[str, Any]]


def cases() -> list[Case]:
    """Every recorded case that is played statement by statement."""
    found = []
    for path in sorted(VECTORS.glob("*.json")):
        recorded = json.loads(path.read_text())
        if recorded["format"] == "d1-1":
            found += [Case(recorded["area"], case["id"], case["steps"]) for case in recorded["cases"]]
    return found


# `PRAGMA data_version` counts what other connections wrote, and the runtime has one of its own.
_LOCAL: Final = re.compile("localtime|'utc'")
_KNOWN: Final = frozenset({("refused-pragma-read", 15)})


def known_difference(case: Case, step: int) -> bool:
    """Whether a step is known to answer otherwise than recorded."""
    # The recording machine was in UTC, and so is the product; SQLite asks this machine.
    elsewhere = time.localtime(0).tm_gmtoff != 0
    local = elsewhere and _LOCAL.search(str(case.steps[step].get("prepare"))) is not None
    return local or (case.id, step) in _KNOWN


def service_difference(outcome: Any, expected: Any) -> str | None:
    """As `difference`, for a service: the errors of a reset object are not its to word."""
    error = expected.get("error", {})
    if error.get("name") == "Error" and "cause" not in error:
        return None if outcome.get("error", {}).get("name") == "Error" else f"no error: {outcome!r:.300}"
    return difference(outcome, expected)


def difference(outcome: Any, expected: Any) -> str | None:
    """What differs between an outcome and a recorded one; None when nothing that counts does."""
    if "error" in expected:
        return _error_difference(outcome, expected["error"])
    return _difference(outcome.get("result", outcome), expected["result"], "result")


def value_difference(found: Any, expected: Any) -> str | None:
    """As `difference`, of any JSON value."""
    return _difference(found, expected, "body")


def _error_difference(outcome: Any, expected: dict[str, Any]) -> str | None:
    if "error" not in outcome:
        return f"no error: {outcome!r:.300}"
    error = outcome["error"]
    if expected["name"] == "TypeError":  # the texts are V8's
        return None if error["name"] == "TypeError" else f"{error!r}"
    return _difference(error, expected, "error")


def _difference(found: Any, expected: Any, where: str) -> str | None:
    if isinstance(expected, str):
        return _text_difference(found, expected, where)
    if isinstance(expected, dict) and expected.get("$type") == "text":
        return _long_text_difference(found, expected, where)
    if isinstance(expected, dict):
        return _members_difference(found, expected, where)
    if isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            return f"{where}: {found!r:.300} instead of {expected!r:.300}"
        pairs = enumerate(zip(found, expected, strict=True))
        return next((d for i, (a, b) in pairs if (d := _difference(a, b, f"{where}[{i}]"))), None)
    if isinstance(expected, int) and not isinstance(expected, bool) and isinstance(found, float):
        expected = float(expected)  # a JavaScript number, which JSON wrote without an exponent
    same = found == expected and isinstance(found, bool) == isinstance(expected, bool)
    return None if same else f"{where}: {found!r:.300} instead of {expected!r:.300}"


def _members_difference(found: Any, expected: dict[str, Any], where: str) -> str | None:
    if expected.get("$type") == "digest":
        expected = {name: value for name, value in expected.items() if name != "$type"}
    if not isinstance(found, dict) or list(found) != list(expected):
        return f"{where}: {found!r:.300} instead of {expected!r:.300}"
    for name, value in expected.items():
        if name in _COUNTERS and isinstance(value, int):
            if type(found[name]) is not int or (name == _WRITTEN and (found[name] > 0) != (value > 0)):
                return f"{where}.{name}: {found[name]!r} is not like {value}"
        elif name == "last_row_id" and value in (0, 2) and found[name] in (0, 2):
            continue  # a leftover of the runtime's own table, until something is inserted
        elif name == "sha256" and "meta" in str(found):
            continue  # counters are hashed with the rest
        elif difference := _difference(found[name], value, f"{where}.{name}"):
            return difference
    return None


def _text_difference(found: Any, expected: str, where: str) -> str | None:
    if expected == "<number>":
        return None if isinstance(found, int | float) or found == expected else f"{where}: {found!r}"
    if expected == "<bookmark>":
        form = r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}"
        return None if isinstance(found, str) and re.fullmatch(form, found) else f"{where}: {found!r}"
    if _MASKED_TEXT.search(expected):
        form = ".*".join(map(re.escape, _MASKED_TEXT.split(expected)))
        matches = isinstance(found, str) and re.fullmatch(form, found, re.DOTALL)
        return None if matches else f"{where}: {found!r} instead of {expected!r}"
    return None if found == expected else f"{where}: {found!r:.600} instead of {expected!r:.600}"


def _long_text_difference(found: Any, expected: dict[str, Any], where: str) -> str | None:
    length = len(found.encode("utf-16-le", "surrogatepass")) // 2 if isinstance(found, str) else None
    if length != expected["length"]:
        return f"{where}: {length} characters instead of {expected['length']}"
    same = found.startswith(expected.get("start", "")) and found.endswith(expected.get("end", ""))
    return None if same else f"{where}: {found[:80]!r} … {found[-80:]!r} instead of {expected!r}"
