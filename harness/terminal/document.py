"""A report as JSON text: the same for every command, whatever a Worker answered."""

import json
import math
from typing import Any, Final

_DEEPEST: Final = 100  # levels, far more than a report has by itself


def json_text(document: dict[str, Any]) -> str:
    """``document`` as indented JSON; lone surrogates stay as they are.

    What JSON cannot hold becomes null, as in JavaScript: infinite numbers, and what is nested deeper than any
    reader could follow.
    """
    try:
        return _indented(document)
    except (ValueError, RecursionError):
        return _indented(_finite(document, _DEEPEST))


def _indented(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def _finite(value: Any, deepest: int) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, dict | list | tuple):
        return value
    if not deepest:
        return None
    if isinstance(value, dict):
        return {name: _finite(member, deepest - 1) for name, member in value.items()}
    return [_finite(member, deepest - 1) for member in value]
