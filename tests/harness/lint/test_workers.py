"""Workers in many styles: each line that is marked is found, and nothing else."""

import re
from pathlib import Path

import pytest

from harness.lint.project import lint

WORKERS = sorted((Path(__file__).parent / "workers").iterdir())
MARK = re.compile(r"(?://|#) finds: ([a-z, -]+?)$")


def marked(path: Path) -> set[tuple[int, str]]:
    found = set()
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if mark := MARK.search(line):
            found |= {(number, rule) for rule in mark[1].split(", ")}
    return found


@pytest.mark.parametrize("path", WORKERS, ids=lambda path: path.name)
def test_lint_a_worker_finds_what_is_marked_and_nothing_else(path: Path) -> None:
    assert {(one.line, one.rule) for one in lint(path).found} == marked(path)
