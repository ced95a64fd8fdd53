"""Commands that are installed beside the program: found by their entry points, named when they are broken."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cli import rehearse as cli
from harness.cli.rehearse import main
from harness.terminal.command import GROUP, installed
from harness.terminal.exit_codes import HELD

THIRD = """
from harness import Command, Report

THIRD = Command(
    help="somebody else's migration",
    epilog="",
    flags=lambda parser: parser.add_argument("--json", dest="json_file"),
    run=lambda options: Report({"typed": options.given}, "GO", 0),
)
NO_COMMAND = 7
"""


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder on the path of imports as a package leaves it there that was installed."""
    (tmp_path / "somebody_elses.py").write_text(THIRD)
    about = tmp_path / "somebody_elses-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: somebody-elses\nVersion: 1.0\n")
    names = {"third": "somebody_elses:THIRD", "odd": "somebody_elses:NO_COMMAND", "gone": "not_there:COMMAND"}
    entries = "".join(f"{name} = {value}\n" for name, value in names.items())
    (about / "entry_points.txt").write_text(f"[{GROUP}]\n{entries}")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("third")
def test_a_third_migration_is_found_beside_those_that_are_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"codeq", "queue", "third"} <= set(installed())
    assert main(["third", "--json", "-"]) == HELD
    assert json.loads(capsys.readouterr().out) == {"typed": ["third", "--json", "-"]}


@pytest.mark.usefixtures("third")
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("odd", "somebody_elses:NO_COMMAND: it is not a harness.Command"),
        ("gone", "not_there:COMMAND: ModuleNotF"),
    ],
)
def test_a_command_that_cannot_be_loaded_says_why(name: str, why: str, bad_usage: Callable[..., str]) -> None:
    assert f"the command {name} cannot be loaded from {why}" in bad_usage(name, "--from", "queue.json")


@pytest.mark.parametrize("arguments", [[], ["queue"]])
def test_an_installation_older_than_its_code_says_what_to_do(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, bad_usage: Callable[..., str]
) -> None:
    monkeypatch.setattr(cli, "installed", dict)
    assert "pip install --no-deps --editable ." in bad_usage(*arguments)


HEAVY = (
    "asyncio",
    "httpx",
    "starlette",
    "aiosqlite",
    "apsw",
    "redis",
    "harness.engine.loop",
    "worker.runtime",
)
LOOK = """
import sys
from harness.cli import rehearse as cli

try:
    cli.read(sys.argv[2:])
except SystemExit:
    pass
print(*sorted(name for name in sys.modules if name in sys.argv[1].split()), file=sys.stderr)
"""


@pytest.mark.own_clock  # programs are waited for
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["queue", "--help"], ["run", "--help"], ["new", "--help"]],
    ids=" ".join,
)
def test_help_imports_nothing_that_a_rehearsal_needs(arguments: list[str]) -> None:
    command = [sys.executable, "-c", LOOK, " ".join(HEAVY), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout
    assert done.stderr.strip() == ""


@pytest.mark.own_clock
def test_who_supervises_a_rehearsal_imports_nothing_for_it() -> None:
    modules = "harness.cli.program, harness.terminal.output, harness.terminal.processes, worker.program"
    looked = f"import sys, {modules}; print(*{set(HEAVY)} & sys.modules.keys())"
    command = [sys.executable, "-c", looked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == ""
