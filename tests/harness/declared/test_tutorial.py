"""The tutorials: every command on a page prints what the page says."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from harness.cli.rehearse import main

ROOT = Path(__file__).parents[3]
# Each with the example that it is about.
PAGES = {"own-migration.md": "links", "kv-to-d1.md": "links_to_d1"}


def read(page: str) -> str:
    return (ROOT / "docs" / page).read_text()


def commands(page: str) -> list[tuple[str, list[str]]]:
    """Each command of a page, and the lines that it is said to print, or how they begin."""
    found: list[tuple[str, list[str]]] = []
    consoles = re.findall(r"```console\n(.*?)```", read(page), flags=re.DOTALL)
    for line in "\n".join(consoles).splitlines():
        if line.startswith("$ rehearse "):
            found.append((line.removeprefix("$ rehearse "), []))
        elif line:
            found[-1][1].append(line)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_print_what_the_page_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One after the other, where the example is."""
    monkeypatch.chdir(shutil.copytree(ROOT / "examples" / PAGES[page], tmp_path / "links"))
    for command, lines in commands(page):
        code = main(shlex.split(command))
        printed = " ".join(capfd.readouterr().out.split())
        for line in lines:
            assert " ".join(line.split()) in printed, command
        said = " ".join(lines)
        assert code == (4 if "INCONCLUSIVE" in said else 1 if "NO-GO" in said else 0), command


@pytest.mark.parametrize("page", PAGES)
def test_the_declaration_on_the_page_is_the_example(page: str) -> None:
    shown = re.findall(r"```python\n(.*?)```", read(page), flags=re.DOTALL)
    naive, careful = (
        (ROOT / "examples" / PAGES[page] / name).read_text() for name in ("naive.py", "migration.py")
    )
    assert shown[0] == naive.partition('"""\n\n')[2]
    if page == "kv-to-d1.md":
        assert all(part in careful for part in re.split(r"\n\n\n", shown[1].strip()))
