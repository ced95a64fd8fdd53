"""``rehearse lint``: checks a Worker's code before anything runs."""

import argparse
from pathlib import Path

from harness.lint.project import lint
from harness.lint.report import lint_document, lint_text
from harness.report.sarif import sarif
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, VIOLATED
from harness.terminal.flags import Flags
from harness.terminal.output import Report


def add_lint(parser: argparse.ArgumentParser) -> None:
    """Add what ``rehearse lint`` takes."""
    flags = Flags(parser)
    flags.add(
        "folder",
        nargs="?",
        default=".",
        metavar="FOLDER",
        help="a Worker's folder, or a file (default: here)",
    )
    flags.json("the findings")
    flags.add("--sarif", dest="sarif_file", metavar="FILE", help="also write them as SARIF")


def run_lint(options: argparse.Namespace) -> Report:
    """Check a folder. Raises CannotStart."""
    linted = lint(Path(options.folder))
    document = lint_document(options.folder, linted)
    files = () if options.sarif_file is None else ((options.sarif_file, sarif(document)),)
    is_all = bool(linted.operations) and not linted.unread
    exit_code = VIOLATED if linted.found else HELD if is_all else INCONCLUSIVE
    return Report(document, lint_text(options.folder, linted), exit_code, files)
