"""The flags of ``rehearse run``, ``rehearse new`` and ``rehearse mutate``."""

import argparse
from pathlib import Path
from typing import Final, get_args

from harness.terminal.flags import Flags
from harness.terminal.numbers import seed, seeds
from kvstore.conditions import CONDITIONS
from kvstore.layers.quotas import WriteRate

EXPLORE: Final = ("walks", "crashes", "interruptions", "schedules", "orders")


def add_run(run: argparse.ArgumentParser) -> None:
    """Add what ``rehearse run`` takes."""
    flags = Flags(run)
    _add_migration(flags)
    flags.sample()
    flags.add(
        "--explore",
        action="append",
        choices=EXPLORE,
        help="one search instead of all, or several when given several times: walks, with all entries and "
        "without other traffic; crashes, a fault at every KV operation of the operator and of the first "
        "requests of others; interruptions, something of a client or reader between any two of them; "
        "schedules, random ones; orders, two requests at once in every order of their KV operations",
    )
    flags.add("--scenario", metavar="LINE", help="repeat one run, from the line that a report shows")
    _add_findings(flags)
    flags.html()
    flags.add(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        help="keep progress in a file; the same command then continues from it",
    )
    flags.add("--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers share the searches")
    flags.add(
        "--write-rate",
        choices=get_args(WriteRate),
        default="refused",
        help="what becomes of a write less than a second after another of its key: refused, as published "
        "(default), or, as somebody reported, confirmed and lost; schedules then have both",
    )
    _add_search(flags)


def add_merge(merge: argparse.ArgumentParser) -> None:
    """Add what ``rehearse merge`` takes."""
    flags = Flags(merge)
    flags.add("reports", type=Path, nargs="+", metavar="REPORT", help="what each machine wrote with --json")
    flags.html()
    _add_findings(flags)
    flags.jobs("processes that make findings small")
    flags.json()


def add_explain(explain: argparse.ArgumentParser) -> None:
    """Add what ``rehearse explain`` takes."""
    flags = Flags(explain)
    flags.add("file", type=Path, help="the Python file that declares the migration")
    flags.add("scenario", metavar="LINE", help="the line of the run")
    _add_source(flags)
    flags.sample()
    flags.html()
    flags.json("the run")


def add_new(new: argparse.ArgumentParser) -> None:
    """Add what ``rehearse new`` takes."""
    flags = Flags(new)
    flags.add("file", type=Path, help="the Python file to write; it must not exist")
    _add_source(flags)


def add_mutate(mutate: argparse.ArgumentParser) -> None:
    """Add what ``rehearse mutate`` takes."""
    flags = Flags(mutate)
    _add_migration(flags)
    flags.add("--stage", default="after", metavar="NAME", help="stage whose Worker gets the mistakes (after)")
    flags.add(
        "--only", metavar="TEXT", help="only mistakes whose FILE:LINE [RULE] contains it, such as entry.py:42"
    )
    flags.number("--sample", 1, 1_000_000, "only N mistakes, chosen at random")
    flags.add("--seed", type=seed, metavar="N", help="seed of that choice (default: a new one)")
    flags.number("--seconds", 1, 86_400, "of a core for each mistake, at most (default: 30)", default=30)
    what = "exit with 1 when a smaller share of the mistakes that matter is noticed"
    flags.number("--at-least", 0, 100, what, metavar="PERCENT")
    _add_search(flags)


def _add_migration(flags: Flags) -> None:
    flags.add("file", type=Path, help="the Python file that declares the migration")
    _add_source(flags)


def _add_findings(flags: Flags) -> None:
    flags.switch("--trace", help="every KV operation of each finding's run, in the JSON")
    flags.add("--save", type=Path, metavar="DIR", help="write each finding as a pytest test into this folder")
    flags.switch("-v", "--verbose", help="report every finding, not only the five smallest")


def _add_search(flags: Flags) -> None:
    flags.add(
        "--conditions",
        choices=CONDITIONS,
        default="production",
        help="which limits and delays of the platform the searches have (default: production)",
    )
    flags.add("--seeds", type=seeds, metavar="N|A-B", help="how many schedules, or which (default: 500)")
    flags.jobs()
    flags.timeout()
    flags.json()
    flags.quiet()


def _add_source(flags: Flags) -> None:
    flags.add(
        "--from",
        dest="sources",
        action="append",
        metavar="SOURCE",
        help="a Worker's folder with wrangler's local state, a state folder, or a bulk JSON file, which is "
        "only read; BINDING=FILE where there are several namespaces (default: the first Worker's folder)",
    )
    flags.add("--binding", metavar="NAME", help="the KV binding that a skeleton is written for")
    flags.add(
        "--at",
        metavar="MOMENT",
        help="when it begins, such as 2026-11-29T12:00:00Z (default: now); entries expired by then are gone",
    )
