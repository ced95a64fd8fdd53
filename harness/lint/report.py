"""What a look found, for people and for machines."""

from collections.abc import Iterator
from typing import Any

from harness.lint.project import Looked
from harness.lint.rules import rules
from harness.report.document import SCHEMA
from harness.terminal.lines import some, text_of
from worker.distribution import installed_version


def lint_document(folder: str, looked: Looked) -> dict[str, Any]:
    """What ``--json`` writes; its schema is that of all reports."""
    by_name = {one.name: one for one in rules()}
    return {
        "schema": SCHEMA,
        "kind": "lint",
        "migration": folder,
        "command": ["rehearse", "lint", folder],
        "version": installed_version(),
        "files": len(looked.files),
        "operations": looked.operations,
        "unread": looked.unread,
        "allowed": looked.allowed,
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
            for one in looked.found
        ],
    }


def lint_text(folder: str, looked: Looked) -> str:
    return text_of(_lines(folder, looked))


def _lines(folder: str, looked: Looked) -> Iterator[str]:
    for rule in rules():
        found = [one for one in looked.found if one.rule == rule.name]
        if found:
            yield f"{rule.name}: {rule.title}"
            yield from (f"  {one.file}:{one.line}: {one.what}" for one in found)
            yield f"  Why: {rule.why}"
            yield f"  Do: {rule.do}"
            yield ""
    for one in looked.unread:
        yield f"Not read: {one}"
    files = f"{len(looked.files):,} file{'' if len(looked.files) == 1 else 's'} of {folder}"
    operations = f"{looked.operations:,} KV operation{'' if looked.operations == 1 else 's'}"
    allowed = f"; {looked.allowed:,} allowed by a comment" if looked.allowed else ""
    if not looked.operations:
        yield f"No KV operation in {files} ({some(looked.files)}): nothing was judged."
    elif looked.found:
        yield f"{len(looked.found):,} found in {files} with {operations}{allowed}."
    else:
        yield f"Nothing found in {files} with {operations}{allowed}. More is met by `rehearse run`."
