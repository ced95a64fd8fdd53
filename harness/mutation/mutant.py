"""A mutant: a Worker with one small mistake in it, as data."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Mutant:
    """``after`` in place of ``before`` in ``file``, from byte ``start`` on, which is in ``line`` (from 1).

    ``rule`` names the kind of mistake. ``file`` is relative to the folder of the Worker's entry file.
    """

    rule: str
    file: str
    line: int
    start: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} [{self.rule}]"

    def applied(self, source: str) -> str:
        """The text of the file with the mistake in it. Raises ValueError where the file is another one."""
        text, before = source.encode(), self.before.encode()
        end = self.start + len(before)
        if text[self.start : end] != before:
            raise ValueError(f"{self} does not fit: {self.file} has changed meanwhile")
        return (text[: self.start] + self.after.encode() + text[end:]).decode()

    def texts(self, folder: Path) -> dict[Path, str]:
        """What is to be read in a file's place, where the Worker's entry file is in ``folder``."""
        path = folder / self.file
        return {path: self.applied(path.read_text(encoding="utf-8"))}

    def diff(self, source: str) -> tuple[str, str]:
        """The first line that changes, as it is and as it becomes; without the indentation."""
        old, new = source.splitlines(), self.applied(source).splitlines()
        at = next((one for one, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
        return old[at].strip(), new[at].strip() if at < len(new) else ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
