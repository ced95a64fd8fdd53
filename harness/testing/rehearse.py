"""A rehearsal as a test: it fails with what was found, each finding with its events and the line."""

import inspect
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.cli.run import Wanted, open_migration, result_of, run_again, with_closer_looks
from harness.migration import Migration, MigrationError
from harness.rehearsal.progress import NoProgress
from harness.report.document import rehearsal_document
from harness.report.page import page
from harness.report.text import as_text
from kvstore.clock import stopwatch

Sources = str | Path | Sequence[str | Path] | None


@dataclass(frozen=True)
class Rehearse:
    """``rehearse(migration, source="links.json")``, with what the marker and the command line say.

    ``migration`` is a Migration that a file declares, or the path of the file; paths are relative to the
    folder of the test; ``scenario`` is the line of one run. Fails also when nothing was found
    because nothing was looked at.
    """

    beside: Path
    name: str
    marked: Mapping[str, Any]
    seeds: int | None = None
    replay: str | None = None
    pages: Path | None = None

    def __call__(self, migration: Migration | str | Path, *, source: Sources = None, **given: Any) -> None:
        options = {**self.marked, **given}
        seeds = self.seeds or options.pop("seeds", 100)
        options.pop("seeds", None)
        if isinstance(seeds, int):
            seeds = range(1, seeds + 1)
        if "PYTEST_XDIST_WORKER" in os.environ:
            options.setdefault("jobs", 1)  # the other cores are at other tests
        line = self.replay or options.pop("scenario", None)
        options.pop("scenario", None)
        path = _file_of(migration) if isinstance(migration, Migration) else self.beside / migration
        wanted = Wanted(path, self._sources(source), seeds=seeds, **options)
        start, opened = stopwatch(), open_migration(wanted)
        if line is not None:
            again = run_again(opened, line, trace=self.pages is not None)
            if again.exit_code:
                self._fail(again.text, again.document)
            return
        result = result_of(opened, wanted, NoProgress())
        if result.decision.verdict != "go":
            seconds = stopwatch() - start
            document = rehearsal_document(opened.about, result, seconds)
            if self.pages is not None:
                document = with_closer_looks(opened, result, document)
            self._fail(as_text(opened.about, result, seconds, page=self._page), document)

    @property
    def _page(self) -> str | None:
        """The file that the page of this test is written to."""
        name = re.sub(r"\W+", "_", self.name)
        return None if self.pages is None else str(self.pages / f"{name}.html")

    def _fail(self, text: str, document: dict[str, Any]) -> None:
        if self._page is not None:
            path = Path(self._page)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(document), encoding="utf-8")
            text = f"{text}\nThe page: {path}"
        pytest.fail(text, pytrace=False)

    def _sources(self, source: Sources) -> list[str] | None:
        """Where the entries are; a file that is meant beside the test is named by its whole path."""
        if source is None:
            return None
        found = []
        for one in [source] if isinstance(source, str | Path) else source:
            name, equals, place = str(one).rpartition("=")
            found.append(f"{name}{equals}{self.beside / place}")
        return found


def _file_of(migration: Migration) -> Path:
    """The file that declares a migration. Raises MigrationError."""
    for rule in (*migration.mapping, *migration.moves):
        if file := inspect.getsourcefile(rule.function):
            return Path(file)
    raise MigrationError(f"the migration {migration.name} has no rule: decorate a function with @becomes")
