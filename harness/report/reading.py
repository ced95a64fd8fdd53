"""Reads back what ``rehearse run --json`` wrote."""

import json
from pathlib import Path
from typing import Any, Final

from harness.report.document import SCHEMA
from harness.terminal.command import CannotStart

# What every reader asks for, by the kind of the document: some of what the published schema requires.
_REQUIRED: Final = {
    "rehearsal": {
        "migration",
        "command",
        "version",
        "digest",
        "conditions",
        "writeRate",
        "seeds",
        "began",
        "verdict",
        "parts",
        "findings",
        "seconds",
    },
    "lint": {"migration", "command", "version", "files", "operations", "unread", "allowed", "findings"},
    "run": {"migration", "command", "replay", "began", "ended", "held", "verdicts", "requests"},
}


def read_report(path: Path) -> dict[str, Any]:
    """The report in a file. Raises CannotStart for a file that cannot be read, or is not a whole report."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CannotStart(f"cannot read {path}: {error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise CannotStart(f"{path} is not a report of this version: its schema must be {SCHEMA}")
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in _REQUIRED:
        raise CannotStart(f"{path} is not a report: its kind must be {' or '.join(_REQUIRED)}, not {kind!r}")
    if missing := sorted(_REQUIRED[kind] - document.keys()):
        raise CannotStart(f"{path} is not a whole report: it has no {', '.join(missing)}")
    return document
