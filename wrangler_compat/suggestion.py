"""What somebody who mistyped a command probably meant."""

from collections.abc import Sequence
from typing import Final

from wrangler_compat.commands import COMMANDS

_MOST_EDITS: Final = 3


def did_you_mean(error: Exception, group: Sequence[str], words: Sequence[str]) -> str:
    """wrangler's box above the help when the first unknown thing is a word like a command; else ""."""
    unknown = str(error).partition("Unknown argument")[2].partition(": ")[2].split(", ")[0]
    if not unknown or list(words[len(group) : len(group) + 1]) != [unknown]:
        return ""
    depth = len(group)
    inside = [
        command.words[depth]
        for command in COMMANDS
        if command.words[:depth] == tuple(group) and command.words[depth:]
    ]
    nearest = _nearest(unknown, list(dict.fromkeys(inside)))
    if nearest is None:
        return ""
    rest = words[depth + 1 :] if group else ()
    text = f'Did you mean "{" ".join(["wrangler-compat", *group, nearest, *rest])}"?'
    rule = "─" * (len(text) + 2)
    return f"\n╭{rule}╮\n│ {text} │\n╰{rule}╯\n\n"


def _nearest(word: str, candidates: Sequence[str]) -> str | None:
    best: tuple[int, str] | None = None
    for candidate in candidates:
        edits = edit_distance(word.lower(), candidate)
        most = min(_MOST_EDITS, min(len(word), len(candidate)) * 2 // 3)
        if edits <= most and (best is None or edits < best[0]):
            best = (edits, candidate)
    return None if best is None else best[1]


def edit_distance(a: str, b: str) -> int:
    """How many letters must be put in, taken out or changed to make one word of the other (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before, row = row, [i]
        for j, other in enumerate(b, 1):
            row.append(min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other)))
    return row[-1]
