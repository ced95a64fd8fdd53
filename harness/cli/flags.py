"""The flags of ``rehearse run``, ``rehearse new`` and ``rehearse mutate``."""

import argparse
from pathlib import Path
from typing import Final, get_args

from harness.terminal.numbers import seed, seeds, whole
from harness.terminal.output import TIMEOUT_SECONDS
from kvstore.conditions import CONDITIONS
from kvstore.layers.quotas import WriteRate

# A few of every shape, and of all that is rare, take as many.
LEAST_SAMPLE: Final = 20
EXPLORE: Final = ("crashes", "interruptions", "schedules", "orders")


def add_run(run: argparse.ArgumentParser) -> None:
    """Add what ``rehearse run`` takes."""
    run.add_argument("file", type=Path, help="the Python file that declares the migration")
    _add_source(run)
    _add_sample(run)
    run.add_argument(
        "--explore",
        choices=EXPLORE,
        help="one search instead of all: crashes, a fault at every KV operation of the operator and of "
        "the first requests of others; "
        "interruptions, something of a client or reader between any two of them; schedules, random ones; "
        "orders, two requests at once in every order of their KV operations",
    )
    run.add_argument("--scenario", metavar="LINE", help="repeat one run, from the line that a report shows")
    run.add_argument(
        "--trace", action="store_true", help="every KV operation of each finding's run, in the JSON"
    )
    run.add_argument("--html", dest="html_file", metavar="FILE", help="also write a page that shows it all")
    run.add_argument(
        "--save", type=Path, metavar="DIR", help="write each finding as a pytest test into this folder"
    )
    run.add_argument(
        "-v", "--verbose", action="store_true", help="report every finding, not only the five smallest"
    )
    run.add_argument(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="keep progress in a file; the same command then continues from it",
    )
    run.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers share the searches")
    run.add_argument(
        "--write-rate",
        choices=get_args(WriteRate),
        default="refused",
        help="what becomes of a write less than a second after another of its key: refused, as published "
        "(default), or, as somebody reported, confirmed and lost; schedules then have both",
    )
    _add_search(run)


def add_merge(merge: argparse.ArgumentParser) -> None:
    """Add what ``rehearse merge`` takes."""
    merge.add_argument(
        "reports",
        type=Path,
        nargs="+",
        metavar="REPORT",
        help="what each machine wrote with --json",
    )
    merge.add_argument("--html", dest="html_file", metavar="FILE", help="also write a page that shows it all")
    merge.add_argument("--trace", action="store_true", help="every KV operation of each finding's run")
    merge.add_argument("--save", type=Path, metavar="DIR", help="write each finding as a pytest test")
    merge.add_argument(
        "-v", "--verbose", action="store_true", help="report every finding, not only the five smallest"
    )
    merge.add_argument("--jobs", type=whole(1, 256), help="processes that make findings small")
    merge.add_argument(
        "--json", dest="json_file", metavar="FILE", help="also write the report as JSON, - for stdout"
    )


def add_explain(explain: argparse.ArgumentParser) -> None:
    """Add what ``rehearse explain`` takes."""
    explain.add_argument("file", type=Path, help="the Python file that declares the migration")
    explain.add_argument("scenario", metavar="LINE", help="the line of the run")
    _add_source(explain)
    _add_sample(explain)
    explain.add_argument("--html", dest="html_file", metavar="FILE", help="also write a page that shows it")
    explain.add_argument(
        "--json", dest="json_file", metavar="FILE", help="also write the run as JSON, - for stdout"
    )


def add_new(new: argparse.ArgumentParser) -> None:
    """Add what ``rehearse new`` takes."""
    new.add_argument("file", type=Path, help="the Python file to write; it must not exist")
    _add_source(new)


def add_mutate(mutate: argparse.ArgumentParser) -> None:
    """Add what ``rehearse mutate`` takes."""
    mutate.add_argument("file", type=Path, help="the Python file that declares the migration")
    _add_source(mutate)
    mutate.add_argument(
        "--stage",
        default="after",
        metavar="NAME",
        help="stage whose Worker gets the mistakes (after)",
    )
    mutate.add_argument(
        "--only", metavar="TEXT", help="only mistakes whose FILE:LINE [RULE] contains it, such as entry.py:42"
    )
    mutate.add_argument(
        "--sample",
        type=whole(1, 1_000_000),
        metavar="N",
        help="only N mistakes, chosen at random",
    )
    mutate.add_argument("--seed", type=seed, metavar="N", help="seed of that choice (default: a new one)")
    mutate.add_argument(
        "--seconds",
        type=whole(1, 86_400),
        default=30,
        metavar="N",
        help="of a core for each mistake, at most (default: 30)",
    )
    mutate.add_argument(
        "--at-least",
        type=whole(0, 100),
        metavar="PERCENT",
        help="exit with 1 when a smaller share of the mistakes that matter is noticed",
    )
    _add_search(mutate)


def _add_search(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--conditions",
        choices=CONDITIONS,
        default="production",
        help="which limits and delays of the platform the searches have (default: production)",
    )
    command.add_argument(
        "--seeds", type=seeds, metavar="N|A-B", help="how many schedules, or which (default: 500)"
    )
    command.add_argument(
        "--jobs", type=whole(1, 256), help="processes that share a search (default: all cores)"
    )
    command.add_argument(
        "--timeout",
        type=whole(1, 86_400),
        default=TIMEOUT_SECONDS,
        metavar="SECONDS",
        help=f"how long one request to a Worker, and its import, may take ({TIMEOUT_SECONDS})",
    )
    command.add_argument(
        "--json", dest="json_file", metavar="FILE", help="also write the report as JSON, - for stdout"
    )
    command.add_argument("-q", "--quiet", action="store_true", help="no progress on standard error")


def _add_sample(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--sample",
        type=whole(LEAST_SAMPLE, 10_000),
        metavar="N",
        help="with N entries instead of all: some of every shape, and those of which there are few; what all "
        "of them will take is extrapolated",
    )


def _add_source(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from",
        dest="sources",
        action="append",
        metavar="SOURCE",
        help="a Worker's folder with wrangler's local state, a state folder, or a bulk JSON file, which is "
        "only read; BINDING=FILE where there are several namespaces (default: the first Worker's folder)",
    )
    command.add_argument("--binding", metavar="NAME", help="the KV binding that a skeleton is written for")
    command.add_argument(
        "--at",
        metavar="MOMENT",
        help="when it begins, such as 2026-11-29T12:00:00Z (default: now); entries expired by then are gone",
    )
