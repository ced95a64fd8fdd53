"""The migration of the queue guide: one pending array becomes one key for each task."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from harness import Command, Output, Report

__all__ = ["EXAMPLE", "QUEUE"]


def _flags(parser: ArgumentParser) -> None:
    from harness.migrations.queue.flags import add_queue

    add_queue(parser)


def _refused(options: Namespace) -> str | None:
    from harness.migrations.queue.flags import conflict

    return conflict(options)


def _run(options: Namespace) -> Report:
    from harness.migrations.queue.command import run_queue

    return run_queue(options, options.given)


def _mutated(options: Namespace) -> Any:
    from harness.migrations.queue.mutated import mutated

    return mutated(options)


QUEUE = Command(
    help="the queue migration guide: one pending array becomes one key per task (the default)",
    epilog="example: rehearse queue --from ./my-worker --strategy guide --json report.json",
    flags=_flags,
    refused=_refused,
    run=_run,
    is_default=True,
    mutated=_mutated,
)


def _file(parser: ArgumentParser) -> None:
    parser.add_argument(
        "json_file", type=Path, metavar="file", help="the JSON file to write, - for standard output"
    )


def _write(options: Namespace) -> Output:
    from harness.migrations.queue.example import example_namespace
    from kvstore import SystemClock, write_bulk

    return Output(0, files=((str(options.json_file), write_bulk(example_namespace(SystemClock()).entries)),))


EXAMPLE = Command(
    help="write the example namespace as a file for `wrangler kv bulk put`",
    epilog="example: rehearse example queue.json && rehearse queue --from queue.json",
    flags=_file,
    run=_write,
)
