"""Collects what is wrong with a configuration, and lays it out as wrangler does."""

from typing import Final, Literal

WARNING_MARK: Final = "▲ [WARNING]"

Severity = Literal["errors", "warnings"]


class Diagnostics:
    """Errors and warnings under one title, with further ones of a part (an environment) below them."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.errors: list[str] = []
        self.warnings: list[str] = []
        self.parts: list[Diagnostics] = []

    def has(self, kind: Severity) -> bool:
        return bool(self._own(kind)) or any(part.has(kind) for part in self.parts)

    def text(self, kind: Severity) -> str:
        """All messages of one kind as a nested list, as it stands in an error message."""
        items = "\n".join(f"- {_indented(message)}" for message in self._own(kind))
        below = "\n".join(f"\n- {part.text(kind)}" for part in self.parts if part.has(kind))
        return _indented(f"{self.title}\n{items}{below}")

    def _own(self, kind: Severity) -> list[str]:
        return self.errors if kind == "errors" else self.warnings


def warning_block(text: str) -> str:
    """A warning as it stands on the terminal, without colours; printing it adds the last line break."""
    first, *more = text.split("\n")
    lines = "".join(f"  {line}\n" for line in more)
    return f"{WARNING_MARK} {first}\n\n{lines}" + ("\n" if more else "")


def english_list(words: list[str]) -> str:
    """``A``, ``A and B``, ``A, B, and C``."""
    if len(words) < 3:
        return " and ".join(words)
    return ", ".join(words[:-1]) + f", and {words[-1]}"


def _indented(text: str) -> str:
    """Every line but the first moved two spaces to the right; a line of blanks becomes empty."""
    first, *more = text.split("\n")
    lines = (first, *(f"  {line}" for line in more))
    return "\n".join(line if line.strip() else "" for line in lines)
