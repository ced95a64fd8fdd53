"""Namespaces written to deceive or to break whoever rehearses on them: bulk JSON entries by name."""

import json
from pathlib import Path
from typing import Any, Final

VERDICT: Final = "GO: all 12 invariants held (0.1 s)"
CREATED: Final = 1_764_000_000_000

# What a terminal obeys, what nobody sees, and what looks like a line of ours.
TEXTS: Final = {
    "colour": f"a\x1b[2J\x1b[31m{VERDICT}\x1b[0m",
    "title": "a\x1b]0;owned\x07\x1b]8;;http://evil\x07",
    "newline": f"a\n{VERDICT}",
    "carriage return": f"a\r{VERDICT}",
    "line separator": f"a\u2028{VERDICT}\u2029{VERDICT}\x85{VERDICT}\x0b{VERDICT}\x0c{VERDICT}",
    "backspace": "a" + "\b" * 60 + VERDICT,
    "one-byte CSI": f"a\x9b2J{VERDICT}",
    "right to left": "a\u202egnitset\u2066\u2069\u200f",
    "no width": "a\u200b\u200d\ufeff\u00ad\U000e0041",
    "delete": "a\x7f\x7f",
    "tab": "a\tb",
    "nul": "a\x00b",
    "folded": f"{'a' * 80} {VERDICT} {'b' * 80} {VERDICT}",
    "cut": f"{'a' * 99}{VERDICT.replace(' ', chr(0xA0))}" * 3,
    "format": "%s%n{0}{x.__class__}{n}",
    "backslash": "a\\x1b'\"`$(true)",
}


def task(name: str, **members: Any) -> dict[str, Any]:
    """An entry of a task in the old format."""
    value = {"id": name, "status": "pending", "priority": 1, "createdAt": CREATED, "payload": {"a": 1}}
    return {"key": f"orchestrator:queue:{name}", "value": json.dumps(value | members)}


def listing(names: Any) -> dict[str, Any]:
    return {"key": "orchestrator:pending", "value": json.dumps(names)}


def _said(text: str) -> list[dict[str, Any]]:
    """``text`` wherever a namespace can hold it: in ids, keys, metadata, bodies."""
    other = {"key": f"other:{text}", "value": text, "metadata": {"by": text}}
    lease = {"key": f"orchestrator:processing:listed{text}", "value": json.dumps({"workerId": text})}
    broken = {"key": f"orchestrator:queue:broken{text}", "value": text}
    tasks = [task(f"listed{text}", status=text, type=text), task(f"orphan{text}")]
    names = [f"listed{text}", f"dangling{text}", f"broken{text}", f"dangling{text}"]
    return [listing(names), *tasks, broken, lease, other]


NAMESPACES: Final[dict[str, list[dict[str, Any]]]] = {
    **{f"says {name}": _said(text) for name, text in TEXTS.items()},
    "says everything": [
        listing([f"listed{text}" for text in TEXTS.values()]),
        *(entry for text in TEXTS.values() for entry in _said(text)[1:]),
    ],
    "lone surrogates": [listing(["\ud800", "a\udfff"]), task("a")],
}


def write(name: str, folder: Path) -> Path:
    """The namespace as a file for ``rehearse --from``."""
    path = folder / "hostile.json"
    path.write_text(json.dumps(NAMESPACES[name]), encoding="utf-8")
    return path


def write_backup(folder: Path, *, strange: bool = False) -> Path:
    """Every text wherever a ``legacy:`` keyspace can hold it, as a file for ``rehearse codeq --from``.

    With ``strange`` keys it is refused.
    """
    tasks = {}
    pieces: list[dict[str, Any]] = []
    for text in TEXTS.values():
        tasks[text] = json.dumps(
            {"id": text, "command": text, "status": text, "payload": "1", "workerId": text}
        )
        tasks[f"good{text}"] = json.dumps(
            {"id": f"good{text}", "command": "GENERATE_MASTER", "status": "PENDING"}
        )
        tasks[f"broken{text}"] = text
        names = [text, f"good{text}", f"orphan{text}", f"good{text}"]
        pieces.append({"key": f"legacy:q:generate_master{text}:pending", "type": "list", "value": names})
        pieces.append({"key": f"legacy:lease:{text}", "type": "string", "value": text})
        if strange:
            pieces.append({"key": f"legacy:q:generate_master:{text}", "type": "list", "value": names})
            pieces.append({"key": f"legacy:{text}", "type": "string", "value": text})
    listed = [f"good{text}" for text in TEXTS.values()]
    pieces.append({"key": "legacy:q:generate_master:pending", "type": "list", "value": listed})
    fields = [part for field in tasks.items() for part in field]
    pieces.append({"key": "legacy:tasks", "type": "hash", "value": fields})
    header = {"format": "understudy-codeq-backup", "prefix": "legacy:", "taken": CREATED}
    path = folder / "hostile.jsonl"
    lines = [header, *pieces, {"pieces": len(pieces)}]
    path.write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    return path
