"""Why a migration stops, and what a command ends with that stops.

MigrationError(CodeqError)
├── Refused     nothing was changed: the pre-flight found reasons against starting
└── HalfDone    something was changed, and not all of it
"""

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness import CannotStart, Output, Report, command_line
from kvstore.text.address import without_passwords
from kvstore.text.printable import printable
from worker.codeq import CodeqError, ServerError


class MigrationError(CodeqError):
    """A step found what it did not expect. What was done is in the journal; nothing was overwritten."""


class Refused(MigrationError):
    """Nothing was changed: the pre-flight found reasons against starting."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("refused, nothing was changed: " + "; ".join(reasons))
        self.reasons = tuple(reasons)


class HalfDone(MigrationError):
    """Something was changed, and not all of it: the text says how far, why, and what to do."""


_LOST = {"UNREACHABLE": "the connection to the server was lost", "OOM": "the server is out of memory"}


@contextmanager
def half_way(
    state: Callable[[], str],
    keep: str = "keep both services stopped",
    again: str = "run the same command again: it goes on from here",
) -> Iterator[None]:
    """What goes wrong within is a HalfDone; ``state`` says how far it has come: ``half migrated``.

    ``keep`` is what must stay as it is, ``again`` what is to be done once the server's error is mended. After
    any other error, its own text says that.
    """
    try:
        yield
    except ServerError as error:
        why = f"{_LOST.get(error.code, 'the server refused')} ({error})"
        raise HalfDone(f"{state()}, then {why}; {keep}, mend that, and {again}") from error
    except MigrationError as error:
        raise HalfDone(f"{state()}; {keep}: {error}") from error


# The report for machines, the one for people, the exit code, and further files by their paths.
Finish = tuple[dict[str, Any], str, int] | tuple[dict[str, Any], str, int, tuple[tuple[str, str], ...]]
# What a command does with its options and its line.
Work = Callable[[Any, str], Finish]


def reported(work: Work, options: Namespace, *not_begun: type[Exception]) -> Report | Output:
    """The report of ``work``, or why there is none. Raises CannotStart for CodeqError and ``not_begun``."""
    try:
        return Report(*work(options, command_line(["rehearse", *options.given])))
    except HalfDone as error:
        return Output(1, error=printable(without_passwords(f"rehearse: {error}")))
    except Refused as error:
        return Output(3, error=printable(without_passwords(f"rehearse: {error}")))
    except CodeqError as error:
        raise CannotStart(str(error)) from error
    except not_begun as error:
        raise CannotStart(str(error)) from error
