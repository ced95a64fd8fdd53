"""docs/redis-migration.md: its plan is the example's, and its commands print what the page says."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from harness.cli.rehearse import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "redis-migration.md").read_text()


def test_the_plan_on_the_page_is_the_example() -> None:
    [shown] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    assert (ROOT / "examples" / "redis" / "plan.yaml").read_text().partition("\n")[2] == shown


@pytest.mark.parametrize("console", re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL))
def test_a_command_prints_what_the_page_says(
    console: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shutil.copytree(ROOT / "examples" / "redis", tmp_path / "redis"))
    command, *lines = console.splitlines()
    assert main(shlex.split(command.removeprefix("$ rehearse "))) == 0
    printed = " ".join(capfd.readouterr().out.split())
    for line in lines:
        assert " ".join(line.split()) in printed
