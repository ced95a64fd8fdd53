"""What `rehearse lint` found, for people and for machines."""

from collections.abc import Iterator
from typing import Any

from harness.lint.project import Linted
from harness.lint.rules import rules
from harness.report.document import SCHEMA
from harness.terminal.lines import some, text_of
from worker.program import installed_version


def lint_document(folder: str, linted: Linted) -> dict[str, Any]:
    """What ``--json`` writes; its schema is that of all reports."""
    by_name = {one.name: one for one in rules()}
    return {
        "schema": SCHEMA,
        "kind": "lint",
        "migration": folder,
        "command": ["rehearse", "lint", folder],
        "version": installed_version(),
        "files": len(linted.files),
        "operations": linted.operations,
        "unread": linted.unread,
        "allowed": linted.allowed,
        "findings": [
            {
                "rule": one.rule,
                "title": by_name[one.rule].title,
                "what": one.what,
                "why": by_name[one.rule].why,
                "do": by_name[one.rule].do,
                "file": one.file,
                "line": one.line,
            }
            for one in linted.found
        ],
    }


def lint_text(folder: str, linted: Linted) -> str:
    return text_of(_lines(folder, linted))


def _lines(folder: str, linted: Linted) -> Iterator[str]:
    for rule in rules():
        found = [one for one in linted.found if one.rule == rule.name]
        if found:
            yield f"{rule.name}: {rule.title}"
            yield from (f"  {one.file}:{one.line}: {one.what}" for one in found)
            yield f"  Why: {rule.why}"
            yield f"  Do: {rule.do}"
            yield ""
    for one in linted.unread:
        yield f"Not read: {one}"
    files = f"{len(linted.files):,} file{'' if len(linted.files) == 1 else 's'} of {folder}"
    operations = f"{linted.operations:,} KV operation{'' if linted.operations == 1 else 's'}"
    allowed = f"; {linted.allowed:,} allowed by a comment" if linted.allowed else ""
    if not linted.operations:
        yield f"No KV operation in {files} ({some(linted.files)}): nothing was judged."
    elif linted.found:
        yield f"{len(linted.found):,} found in {files} with {operations}{allowed}."
    elif linted.unread:
        yield f"Nothing found in {files} with {operations}{allowed}, but not everything could be read."
    else:
        yield f"Nothing found in {files} with {operations}{allowed}. More is met by `rehearse run`."
