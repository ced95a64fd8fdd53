"""The flags of ``rehearse codeq``."""

import argparse
from pathlib import Path
from typing import Any

from harness.codeq.rehearsal import OPTIONS
from worker.codeq import PROFILES

VERBS = ("rehearse", "migrate", "rollback", "convert", "backup")


def add_codeq(commands: Any) -> None:
    """Adds the subcommand to ``commands``, the program's subparsers."""
    codeq = commands.add_parser(
        "codeq",
        help="the codeQ migration guide: a scheduler's legacy: keyspace becomes codeq:",
        epilog="example: rehearse codeq --server kvrocks27; rehearse codeq migrate --redis redis://… --apply",
    )
    codeq.add_argument(
        "verb",
        nargs="?",
        choices=VERBS,
        default="rehearse",
        help="rehearse on a copy (default); migrate, rollback and convert a real keyspace: a dry run without "
        "--apply; backup it to a file for --from",
    )
    _add_place(codeq)
    _add_terms(codeq)
    _add_rehearsal(codeq)
    codeq.add_argument(
        "--json", dest="json_file", metavar="FILE", help="also write the report as JSON, - for stdout"
    )
    codeq.add_argument("-q", "--quiet", action="store_true", help="no progress on standard error")


def _add_place(codeq: argparse.ArgumentParser) -> None:
    codeq.add_argument(
        "--from",
        dest="source",
        metavar="SOURCE",
        help="a backup file, or redis://… whose legacy: keys are copied; only read (default: an example)",
    )
    codeq.add_argument(
        "--redis", metavar="URL", help="the server to work on; a rehearsal takes an embedded one by default"
    )
    codeq.add_argument(
        "--server", choices=PROFILES, default=PROFILES[0], help="whose manners the server shows (redis7)"
    )
    codeq.add_argument("--option", choices=OPTIONS, default="b", help="the guide's option (b)")
    codeq.add_argument("--apply", action="store_true", help="do it, instead of saying what would be done")


def _add_terms(codeq: argparse.ArgumentParser) -> None:
    codeq.add_argument(
        "--keep-source", action="store_true", help="copy, and leave legacy: as it is: the instant way back"
    )
    codeq.add_argument(
        "--accept-defects",
        action="store_true",
        help="move ids that codeQ would drop or run again as they are",
    )
    codeq.add_argument(
        "--lease-seconds",
        type=_whole,
        default=0,
        metavar="N",
        help="every lease lasts at least so long after the migration (default: unchanged)",
    )
    codeq.add_argument(
        "--backup",
        type=Path,
        metavar="FILE",
        help="the backup that is written first (legacy-backup.jsonl when migrating for real), or what "
        "rollback writes (codeq-export.jsonl)",
    )


def _add_rehearsal(codeq: argparse.ArgumentParser) -> None:
    codeq.add_argument(
        "--tasks", type=_whole, default=200, metavar="N", help="how many tasks the example has (200)"
    )
    codeq.add_argument(
        "--freeze", type=_whole, default=0, metavar="N", help="seconds that pass during the freeze (0)"
    )
    codeq.add_argument(
        "--deadline", type=_whole, default=600, metavar="N", help="option a's, in seconds (600)"
    )
    codeq.add_argument(
        "--workers", metavar="SUB,…", help="the subs of workers' tokens, to find leases of anybody else"
    )
    codeq.add_argument(
        "--deliver",
        type=_whole,
        default=1000,
        metavar="N",
        help="how many tasks of each queue are claimed and finished at the end (1000)",
    )
    codeq.add_argument(
        "--explore", choices=("crashes",), help="a crash before every single command of option b"
    )
    codeq.add_argument("--seed", type=int, default=1, help="where simulated chance begins (1)")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0")
    return int(text)
