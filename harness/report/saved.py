"""A finding as a pytest test: kept beside one's own, it fails for as long as the run does damage."""

import os
import re
from pathlib import Path
from typing import Any, Final

from harness.report.about import About
from harness.terminal.command import CannotStart

_TEST: Final = '''\
"""{what}, found by `rehearse run`."""


def test_{name}(rehearse):
    rehearse(
        {file!r},
        source={sources!r},
        at={began!r},{sample}
        scenario={scenario!r},
    )
'''


def saved(folder: Path, about: About, document: dict[str, Any]) -> list[Path]:
    """Write a test of each finding into ``folder``, and give their paths. Raises CannotStart."""
    written = []
    for one in document["findings"]:
        name = (
            re.sub(r"\W+", "_", f"{about.migration.name}_{one['invariant']}_{one['code']}").strip("_").lower()
        )
        path = folder / f"test_{name[:80]}.py"
        text = _TEST.format(
            what=str(one["what"]).replace('"', "'").rstrip("."),
            name=name[:80],
            file=_from(folder, str(about.file)),
            sources=[_from(folder, source) for source in about.sources],
            began=document["began"],
            sample="" if about.sample is None else f"\n        sample={about.sample.asked},",
            scenario=one["scenario"],
        )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CannotStart(f"cannot write {path}: {error.strerror}") from error
        written.append(path)
    return written


def _from(folder: Path, source: str) -> str:
    """A path as it is seen from the folder of the test; it may have the name of a namespace before it."""
    name, equals, place = source.rpartition("=")
    return f"{name}{equals}{os.path.relpath(Path(place).resolve(), folder.resolve())}"
