"""Reads the recording of the real service: answers, Redis commands, what was stored."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "data" / "golden" / "codeq"
CUT_BODY = 600
CUT_COMMAND = 200
_ANSWER = re.compile(r"    (\d{3}) (.*)  ct=(.*) rid=True")
_VARYING = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?-03:00"), "<local time>"),
    (re.compile(r"20[23]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "<time>"),
    (re.compile(r"\b1\d{9}\b"), "<epoch>"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "<sha1>"),
    (re.compile(r"http://127\.0\.0\.1:18099"), "http://listener.test"),
]


@dataclass
class Section:
    """One recorded request: its answer, the commands that the server got, what was stored afterwards."""

    name: str
    status: int
    body: str
    content_type: str | None
    commands: list[str] = field(default_factory=list)
    stored: str = ""
    hook: str = ""


def sections() -> dict[str, Section]:
    """Every section by its name."""
    found: dict[str, Section] = {}
    name, section = "", None
    for line in (FOLDER / "http.txt").read_text().splitlines():
        answer = _ANSWER.fullmatch(line)
        if line.startswith("--- "):
            name = line[4:]
        elif answer:
            kind = None if answer[3] == "None" else answer[3]
            section = found[name] = Section(name, int(answer[1]), ast.literal_eval(answer[2]), kind)
        elif section and line.startswith("      > "):
            section.commands.append(line[8:])
        elif section and line.startswith("   stored"):
            section.stored = line[9:].lstrip(": ")
        elif section and line.startswith("   HOOK "):
            section.hook = line[8:]
    return found


def settled(text: str) -> str:
    """``text`` without what differs from run to run."""
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text


def same_command(recorded: str, command: tuple[str, ...]) -> bool:
    """Whether it is the recorded command, as far as the recording goes; its case does not matter."""
    ours = settled(" ".join(command)).lower()
    plain = re.sub(r"(?:\\x[0-9a-f]{2})+", _characters, recorded).replace("\\\\", "\\")
    if len(recorded) < CUT_COMMAND:
        return settled(plain).lower() == ours
    # The last field may have been cut in two, and half a time does not look like one.
    return ours.startswith(settled(plain.rpartition(",")[0]).lower())


def _characters(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("\\x", "")).decode()
