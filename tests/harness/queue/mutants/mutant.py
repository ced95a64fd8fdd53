"""A mutant: the queue Worker with one small thing wrong, kept as data."""

import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCE = Path("src/taskqueue")


class PatchError(Exception):
    """A patch fits no more: says which, and where."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``new`` in place of ``old``, which occurs once in ``file`` (below the Worker's src/taskqueue).

    ``why`` says what it would do to somebody, ``expect`` which invariants should tell of it; any may.
    """

    name: str
    file: str
    old: str
    new: str
    why: str
    expect: tuple[str, ...]

    def patched(self, worker: Path) -> str:
        """The text of the file with the mistake in it. Raises PatchError unless ``old`` is there once."""
        path = worker / SOURCE / self.file
        text = path.read_text() if path.is_file() else ""
        times = text.count(self.old)
        if times != 1:
            raise PatchError(
                f"{self.name!r} replaces a text that occurs {times} times in {self.file}, not once:\n"
                f"{self.old}\nSay the mistake in the words that stand there now, or take another one."
            )
        return text.replace(self.old, self.new)

    def build(self, worker: Path, folder: Path) -> Path:
        """A copy of ``worker`` with the mistake in it, in ``folder``. Raises PatchError."""
        text = self.patched(worker)
        built = shutil.copytree(worker, folder / "worker", ignore=shutil.ignore_patterns("__pycache__"))
        (built / SOURCE / self.file).write_text(text)
        return built


def read_mutants() -> Iterator[Mutant]:
    """All mutants of the files beside this one."""
    for path in sorted(FOLDER.glob("*.toml")):
        for one in tomllib.loads(path.read_text())["mutant"]:
            yield Mutant(**{**one, "expect": tuple(one["expect"])})
