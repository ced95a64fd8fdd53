"""Reports for these tests: a NO-GO of the example, with every KV operation, made once."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from harness.cli.run import Wanted, open_migration, result_of, run_again, with_closer_looks
from harness.rehearsal.progress import NoProgress
from harness.report.document import rehearsal_document
from harness.terminal.output import json_text

LINKS = Path(__file__).parents[3] / "examples" / "links"
AT = "2026-11-29T12:00:00Z"
# Readers in other locations, a fault, and copies that are stale.
STALE = "seed=6 entries=2 colos=3 readers=3 clients=1 rollout=60 faults=unanswered@operator.1:3"


def wanted(file: str = "naive.py", **more: Any) -> Wanted:
    given = {"explore": "schedules", "seeds": range(1, 6), "jobs": 1, **more}
    return Wanted(LINKS / file, [str(LINKS / "links.json")], AT, **given)


@cache
def rehearsal() -> dict[str, Any]:
    opened = open_migration(wanted())
    result = result_of(opened, wanted(), NoProgress())
    return with_closer_looks(opened, result, rehearsal_document(opened.about, result, 0.5))


@cache
def run(line: str = STALE) -> dict[str, Any]:
    """As it is read again."""
    found: dict[str, Any] = json.loads(
        json_text(run_again(open_migration(wanted()), line, trace=True).document)
    )
    return found
