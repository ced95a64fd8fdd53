"""The migration of the queue guide: one pending array becomes one key for each task."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from harness import Command, Output, later

__all__ = ["EXAMPLE", "QUEUE"]


QUEUE = Command(
    help="the queue migration guide: one pending array becomes one key per task (the default)",
    epilog="example: rehearse queue --from ./my-worker --strategy guide --json report.json",
    flags=later("harness.migrations.queue.flags:add_queue"),
    refused=later("harness.migrations.queue.flags:conflict"),
    run=lambda options: later("harness.migrations.queue.command:run_queue")(options, options.given),
    is_default=True,
    mutated=later("harness.migrations.queue.mutated:mutated"),
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
