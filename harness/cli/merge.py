"""``rehearse merge``: the reports of several machines that shared a rehearsal become one."""

import argparse
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from harness.cli.run import Wanted, open_migration, report_of
from harness.explore.state import read_tally
from harness.explore.tally import Tally
from harness.explore.workforce import Processes
from harness.model.scenario import Scenario
from harness.rehearsal.rehearsal import joined
from harness.report.reading import read_report
from harness.terminal.command import CannotStart
from harness.terminal.output import Report

# What must be the same in all of them.
_SAME: Final = ("version", "digest", "command", "conditions", "writeRate")


def run_merge(options: argparse.Namespace) -> Report:
    """Join the reports. Raises CannotStart for those that are not of one rehearsal."""
    documents = [_read(path) for path in options.reports]
    _check(options.reports, documents)
    first = documents[0]
    file, *given = first["command"][1:]
    sources = [value for flag, value in pairwise(given) if flag == "--from"]
    sample = next((int(value) for flag, value in pairwise(given) if flag == "--sample"), None)
    wanted = Wanted(Path(file), sources, first["began"], sample=sample)
    opened = open_migration(wanted)
    if opened.about.digest != first["digest"]:
        raise CannotStart(
            "the code or the entries here differ from those of the reports: merge where they were made"
        )
    found, anew = _added(documents)
    workforce = Processes(options.jobs)
    try:
        result = joined(
            opened.subject,
            opened.entries,
            workforce,
            found,
            conditions=first["conditions"],
            write_rate=first["writeRate"],
            seeds=_seeds(documents),
            anew=anew,
            sample=opened.about.sample,
        )
    finally:
        workforce.close()
    return report_of(opened, result, sum(one["seconds"] for one in documents), options)


def _read(path: Path) -> dict[str, Any]:
    document = read_report(path)
    if document["kind"] != "rehearsal":
        raise CannotStart(f"{path} is the report of one run: those of whole rehearsals are merged")
    return document


def _check(paths: Sequence[Path], documents: Sequence[dict[str, Any]]) -> None:
    for path, one in zip(paths, documents, strict=True):
        for member in _SAME:
            if one[member] != documents[0][member]:
                raise CannotStart(
                    f"{path} and {paths[0]} are reports of different rehearsals: {member} is {one[member]} "
                    f"in one and {documents[0][member]} in the other"
                )
    parts = Counter(part["part"] for one in documents for part in one["parts"])
    twice = [name for name, count in parts.items() if count > 1 and name != "schedules"]
    if twice:
        raise CannotStart(
            f"{', '.join(twice)} are in several reports: let one machine search them, and the others only "
            "--explore schedules"
        )


def _added(documents: Sequence[dict[str, Any]]) -> tuple[dict[str, Tally], int]:
    """What was found, by the part, and how many schedules met something new."""
    found: dict[str, Tally] = {}
    anew = 0
    for one in documents:
        for part in one["parts"]:
            try:
                found.setdefault(part["part"], Tally()).merge(read_tally(part["tally"], Scenario.read))
                anew += part["anew"]
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise CannotStart(f"a report is damaged: a part cannot be read ({error})") from error
    return found, anew


def _seeds(documents: Sequence[dict[str, Any]]) -> list[range]:
    """The seeds of all schedules, those that follow each other together. Raises CannotStart."""
    searched = [
        (first, last)
        for one in documents
        if any(part["part"] == "schedules" for part in one["parts"])
        for first, last in one["seeds"]
    ]
    joined: list[range] = []
    for first, last in sorted(searched):
        if joined and first < joined[-1].stop:
            raise CannotStart(f"the seeds from {first:,} to {joined[-1].stop - 1:,} were searched twice")
        if joined and first == joined[-1].stop:
            joined[-1] = range(joined[-1].start, last + 1)
        else:
            joined.append(range(first, last + 1))
    return joined or [range(1, 1)]
