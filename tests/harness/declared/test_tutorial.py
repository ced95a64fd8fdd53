"""docs/own-migration.md: every command on the page prints what the page says."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from harness.cli import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "own-migration.md").read_text()
CONSOLES = re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL)


def commands() -> list[tuple[str, list[str]]]:
    """Each command of the page, and the lines that it is said to print, or how they begin."""
    found: list[tuple[str, list[str]]] = []
    for line in "\n".join(CONSOLES).splitlines():
        if line.startswith("$ rehearse "):
            found.append((line.removeprefix("$ rehearse "), []))
        elif line:
            found[-1][1].append(line)
    return found


def test_the_commands_print_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One after the other, where the example is."""
    monkeypatch.chdir(shutil.copytree(ROOT / "examples" / "links", tmp_path / "links"))
    for command, lines in commands():
        code = main(shlex.split(command))
        printed = " ".join(capfd.readouterr().out.split())
        for line in lines:
            assert " ".join(line.split()) in printed, command
        said = " ".join(lines)
        assert code == (4 if "INCONCLUSIVE" in said else 1 if "NO-GO" in said else 0), command


def test_the_declaration_on_the_page_is_the_example() -> None:
    shown = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[0]
    _, _, code = (ROOT / "examples" / "links" / "naive.py").read_text().partition('"""\n\n')
    assert shown == code
