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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, where nobody minds what is written."""
    return Path(shutil.copytree(ROOT / "examples" / "links", tmp_path_factory.mktemp("tutorial") / "links"))


@pytest.mark.parametrize(("command", "lines"), commands(), ids=[command for command, _ in commands()])
def test_the_command_prints_what_the_page_says(
    folder: Path,
    command: str,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    code = main(shlex.split(command))
    printed = " ".join(capfd.readouterr().out.split())
    for line in lines:
        assert " ".join(line.split()) in printed
    verdict = " ".join(lines)
    assert code == (4 if "INCONCLUSIVE" in verdict else 1 if "NO-GO" in verdict else 0)


def test_the_declaration_on_the_page_is_the_example() -> None:
    shown = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[0]
    _, _, code = (ROOT / "examples" / "links" / "naive.py").read_text().partition('"""\n\n')
    assert shown == code
