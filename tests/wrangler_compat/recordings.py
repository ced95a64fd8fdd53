"""Recordings of the real wrangler: how they are read, laid out and compared."""

import base64
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parents[1] / "data" / "golden" / "wrangler"
HELP = "<HELP>"

Scenario = dict[str, Any]


def transcripts(folder: str, without: frozenset[str] | set[str] = frozenset()) -> list[Scenario]:
    """The recorded scenarios of a folder, those named in ``without`` left out."""
    found = [json.loads(path.read_text()) for path in sorted((GOLDEN / folder).glob("*.json"))]
    assert {one["id"] for one in found} >= without, "an exception for a recording that is not there"
    return [one for one in found if one["id"] not in without]


def each(folder: str, without: Collection[str]) -> pytest.MarkDecorator:
    """A test of each recorded scenario of a folder but those named in ``without``."""
    scenarios = transcripts(folder, without=set(without))
    return pytest.mark.parametrize("scenario", scenarios, ids=lambda scenario: scenario["id"])


def lay_out(scenario: Scenario, folder: Path) -> Path:
    """Create the files of a scenario; returns the folder to run in."""
    for name, content in scenario["cwd_files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content)
        else:
            path.write_bytes(base64.b64decode(content["base64"]))
    cwd = folder / (scenario.get("cwd") or ".")
    cwd.mkdir(parents=True, exist_ok=True)
    return cwd


def without_title(text: str) -> str:
    """The text without the banner's title and its rule, which name the program."""
    lines = text.split("\n")
    return "\n".join(line for line in lines if "⛅️" not in line and not line.startswith("───"))


def first_line(text: str) -> str:
    return text.split("\n", 1)[0]


def check_output(scenario: Scenario, folder: Path, out: bytes, err: bytes) -> None:
    """stdout and the first line of stderr are the recorded ones, banner title and help texts aside."""
    if "stdout_base64" in scenario:
        assert out == base64.b64decode(scenario["stdout_base64"])
    else:
        shown = without_title(out.decode("utf-8", "replace"))
        expected = without_title(scenario["stdout"].replace("<CWD>", str(folder)))
        help_at = expected.find(HELP)
        assert shown == expected if help_at < 0 else shown.startswith(expected[:help_at])
        assert help_at < 0 or "GLOBAL FLAGS" in shown
    assert first_line(err.decode("utf-8", "replace")) == first_line(scenario["stderr"])
