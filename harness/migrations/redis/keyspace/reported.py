"""What a command on a keyspace ends with, when it is refused and when it stops half-way too."""

import asyncio
from argparse import Namespace
from collections.abc import Callable, Coroutine
from typing import Any

from harness import CannotStart, Output, Report, command_line
from harness.migrations.redis.keyspace.errors import HalfDone, Refused
from kvstore.text.address import without_passwords
from kvstore.text.printable import printable
from worker.codeq import CodeqError

# The report for machines, the one for people, the exit code, and further files by their paths.
Finish = tuple[dict[str, Any], str, int] | tuple[dict[str, Any], str, int, tuple[tuple[str, str], ...]]
# What a command does with its options and its line.
Work = Callable[[Any, str], Coroutine[Any, Any, Finish]]


def reported(work: Work, options: Namespace, *not_begun: type[Exception]) -> Report | Output:
    """The report of ``work``, or why there is none. Raises CannotStart for CodeqError and ``not_begun``."""
    try:
        return Report(*asyncio.run(work(options, command_line(["rehearse", *options.given]))))
    except HalfDone as error:
        return Output(1, error=printable(without_passwords(f"rehearse: {error}")))
    except Refused as error:
        return Output(3, error=printable(without_passwords(f"rehearse: {error}")))
    except CodeqError as error:
        raise CannotStart(str(error)) from error
    except not_begun as error:
        raise CannotStart(str(error)) from error
