"""Hunts many mutants side by side, and adds up what came of it."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.engine.chance import Chance
from harness.explore.workforce import Processes, Unfinished
from harness.mutation.hunt import NOT_STARTED, NOTICED, SURVIVED, Hunt, Hunter
from harness.mutation.mistakes import mistakes
from harness.mutation.mutant import Mutant
from harness.system.files import PYTHON
from harness.system.javascript.grammar import INSTALL
from harness.terminal.command import CannotStart
from harness.terminal.processes import ProcessError

# Mutants hunted, of how many, and how many of them were noticed.
OnProgress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class Results:
    """The ``hunts`` that came to their end, of so many mutants that were ``drawn`` from ``every`` one."""

    hunts: Sequence[Hunt]
    drawn: int
    every: int

    def of(self, outcome: str) -> list[Hunt]:
        return [one for one in self.hunts if one.outcome == outcome]

    @property
    def different(self) -> int:
        """How many mutants there are that anybody could notice."""
        return len(self.of(NOTICED)) + len(self.of(SURVIVED))

    @property
    def share(self) -> float | None:
        """How many of a hundred that differ were noticed; None where none differs."""
        return 100 * len(self.of(NOTICED)) / self.different if self.different else None

    @property
    def survivors(self) -> list[Hunt]:
        """What was not noticed, the gravest first."""
        return sorted(
            self.of(SURVIVED), key=lambda one: (one.differs.rank if one.differs else 9, one.mutant.file)
        )

    @property
    def by_rule(self) -> dict[str, Counter[str]]:
        found: dict[str, Counter[str]] = {}
        for one in self.hunts:
            found.setdefault(one.mutant.rule, Counter())[one.outcome] += 1
        return found


def mutants_in(folder: Path, files: Iterable[Path]) -> list[Mutant]:
    """Every mistake that can be made in ``files`` of a Worker whose entry file is in ``folder``.

    Raises CannotStart.
    """
    found = []
    for path in files:
        name = Path(os.path.relpath(path, folder)).as_posix()
        try:
            found += mistakes(name, path.read_text(encoding="utf-8"))
        except (SyntaxError, UnicodeDecodeError) as error:
            kind = "Python" if path.suffix in PYTHON else "code"
            raise CannotStart(f"{path} is not {kind} in UTF-8: {error}; mend it, or move it away") from error
        except ImportError as error:
            raise CannotStart(f"{path.name} is JavaScript, which tree-sitter reads: {INSTALL}") from error
    return found


def drawn(mutants: Sequence[Mutant], sample: int | None, seed: int) -> list[Mutant]:
    """So many of them by chance, or all, in an order by chance: what is stopped half-way is a sample, too."""

    def place(one: Mutant) -> int:
        return Chance(seed, f"mutant/{one.file}/{one.start}/{one.before}/{one.after}").number()

    return sorted(mutants, key=place)[:sample]


def hunted(
    hunter: Hunter, mutants: Sequence[Mutant], workforce: Processes, on_progress: OnProgress
) -> Iterator[Hunt]:
    """The hunt for each mutant, in the order of their ends."""
    done = noticed = 0
    for mutant, hunt in workforce.outcomes(hunter, mutants):
        if isinstance(hunt, Unfinished):  # something outside killed the process: that says nothing of it
            hunt = Hunt(mutant, NOT_STARTED, what=str(hunt))
        elif isinstance(hunt, ProcessError):  # so a rehearsal ends, too, and says why
            hunt = Hunt(mutant, NOTICED, by="process", what=str(hunt))
        done, noticed = done + 1, noticed + (hunt.outcome == NOTICED)
        on_progress(done, len(mutants), noticed)
        yield hunt
