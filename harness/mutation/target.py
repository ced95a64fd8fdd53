"""What gets mistakes: a Worker, and the search that is to notice them."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from harness.explore.workforce import Workforce
from harness.mutation.hunt import Load, Probes
from harness.mutation.mutant import Mutant
from harness.terminal.progress import Progress


@dataclass(frozen=True)
class Prepared:
    """What is tried for each mistake (``probes``), and what the search says of the Worker as it is.

    ``as_it_is`` is a sentence; ``verdict`` is GO, NO-GO or INCONCLUSIVE.
    """

    probes: Probes
    as_it_is: str
    verdict: str


class Target(Protocol):
    """``folder`` is that of the Worker's entry file, and ``files`` are its code.

    ``line`` says what it is, ``again`` its arguments.
    """

    @property
    def folder(self) -> Path: ...

    @property
    def files(self) -> Sequence[Path]: ...

    @property
    def load(self) -> Load: ...

    @property
    def line(self) -> str: ...

    @property
    def again(self) -> Sequence[str]: ...

    def prepared(self, mutants: Sequence[Mutant], workforce: Workforce, progress: Progress) -> Prepared:
        """Search through the Worker as it is, for what is to be tried with ``mutants``."""
        ...


def not_taken(options: Namespace, flags: Sequence[str]) -> list[str]:
    """Those of ``flags`` that were typed."""
    given = [one.partition("=")[0] for one in options.given]
    return [flag for flag in flags if flag in given]
