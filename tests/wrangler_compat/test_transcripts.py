"""Transcripts of the real wrangler, typed into ours: what it printed, and how it exited."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from wrangler_compat.cli import main

GOLDEN = Path(__file__).parents[1] / "data" / "golden" / "wrangler"
HELP = "<HELP>"

# What is meant to differ from wrangler 4.164, and why.
DIFFERENT = {
    "list-old-guide": "the old spelling works here",
    "list-old-guide-local": "the old spelling works here",
    "delete-old-guide": "the old spelling works here",
    "delete-old-guide-local": "the old spelling works here",
    "put-remote-no-token": "--remote is not there yet",
}
NOT_YET = ("bulk", "namespace")


def transcripts(folder: str) -> list[dict[str, Any]]:
    """The recorded scenarios that only use commands which exist here."""
    found = [json.loads(path.read_text()) for path in sorted((GOLDEN / folder).glob("*.json"))]
    return [
        one
        for one in found
        if not any(word in NOT_YET for argv in (*one["setup"], one["argv"]) for word in argv)
        and not (folder == "local" and one["id"] in DIFFERENT)
    ]


def lay_out(scenario: dict[str, Any], folder: Path) -> Path:
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


@pytest.mark.parametrize("scenario", transcripts("local"), ids=lambda scenario: scenario["id"])
def test_transcript(
    scenario: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(lay_out(scenario, tmp_path))
    environ = dict(scenario.get("env") or {})
    for argv in scenario["setup"]:
        main(argv, environ)
    capfdbinary.readouterr()
    exit_code = main(scenario["argv"], environ)
    out, err = (part.decode("utf-8", "replace") for part in capfdbinary.readouterr())
    expected = without_title(scenario["stdout"].replace("<CWD>", str(tmp_path)))
    if HELP in expected:
        expected = expected[: expected.index(HELP)]
        assert without_title(out).startswith(expected)
    elif "stdout_base64" not in scenario:
        assert without_title(out) == expected
    assert first_line(err) == first_line(scenario["stderr"])
    assert exit_code == scenario["exit_code"]


@pytest.mark.parametrize("scenario", transcripts("v3"), ids=lambda scenario: scenario["id"])
def test_colon_spelling_prints_the_data_that_wrangler_3_printed(
    scenario: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(lay_out(scenario, tmp_path))
    for argv in scenario["setup"]:
        main(argv, {})
    capfd.readouterr()
    assert main(scenario["argv"], {}) == scenario["exit_code"]
    out, _ = capfd.readouterr()
    if scenario["stdout"].startswith("["):
        assert json.loads(out) == json.loads(scenario["stdout"])
    else:
        key = next(word for word in scenario["argv"] if word.startswith("queue:"))
        assert f'Deleting the key "{key}" on namespace' in out
