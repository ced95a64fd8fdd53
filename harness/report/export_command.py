"""``rehearse export``: the JSON of a rehearsal, or of a run, in somebody else's format."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from harness.report.chrome import chrome
from harness.report.jepsen import jepsen
from harness.report.junit import junit
from harness.report.otlp import otlp
from harness.report.page import page
from harness.report.reading import read_report
from harness.report.sarif import sarif
from harness.terminal.command import CannotStart
from harness.terminal.exit_codes import HELD
from harness.terminal.output import Output

# What is written from a whole document, and from the operations of one run.
_WHOLE: Final[dict[str, Callable[[dict[str, Any]], str]]] = {"html": page, "junit": junit, "sarif": sarif}
_RUN: Final[dict[str, Callable[[dict[str, Any]], str]]] = {"chrome": chrome, "jepsen": jepsen, "otlp": otlp}
FORMATS: Final = (*_WHOLE, *_RUN)


def exported(document: dict[str, Any], name: str, finding: int = 1) -> str:
    """A document as ``name`` has it; of a rehearsal's runs that of the finding. Raises CannotStart."""
    if document["kind"] == "lint" and name != "sarif":
        raise CannotStart(f"what `rehearse lint` found is written as sarif, not as {name}")
    if name in _WHOLE:
        return _WHOLE[name](document)
    return _RUN[name](_run(document, finding))


def _run(document: dict[str, Any], finding: int) -> dict[str, Any]:
    run = document
    if document["kind"] == "rehearsal":
        findings = document["findings"]
        if not 0 < finding <= len(findings):
            raise CannotStart(f"there is no finding {finding}: the report has {len(findings)}")
        run = findings[finding - 1].get("run") or {}
    if "operations" not in run:
        raise CannotStart("the report has no KV operations: let `rehearse run` write it with --trace")
    return run


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add what ``rehearse export`` takes."""
    parser.add_argument("format", choices=FORMATS, help="what to write")
    parser.add_argument(
        "report", type=Path, help="what `rehearse run --json` wrote, with --trace for a run's format"
    )
    parser.add_argument("--output", default="-", metavar="FILE", help="where to write it (default: stdout)")
    parser.add_argument(
        "--finding", type=int, default=1, metavar="N", help="whose run, where there are several (default: 1)"
    )


def run_export(options: argparse.Namespace) -> Output:
    """Write a report in another format. Raises CannotStart."""
    document = read_report(options.report)
    text = exported(document, options.format, options.finding)
    return Output(HELD, files=((options.output, text),))
