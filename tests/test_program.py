"""The outermost door of both programs: output that nobody takes, and faults of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli import rehearse as cli
from harness.terminal.exit_codes import NOT_STARTED
from worker.program import INTERNAL_ERROR, run
from wrangler_compat import main as wrangler_compat

pytestmark = pytest.mark.own_clock

EXAMPLE = [sys.executable, "-m", "harness", "example", "-"]
KEYS = [sys.executable, "-m", "wrangler_compat", "--help"]


def test_a_fault_of_ours_is_said_in_words_and_its_traceback_is_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def program() -> int:
        raise KeyError("nobody thought of this")

    assert run("rehearse", program) == INTERNAL_ERROR
    out, err = capsys.readouterr()
    (file,) = tmp_path.iterdir()
    assert out == ""
    assert err.startswith("rehearse: internal error: KeyError: 'nobody thought of this'\n")
    assert str(file) in err
    assert "Traceback" not in err
    assert "Traceback" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("module", ["harness.cli.rehearse", "wrangler_compat.main"])
def test_an_exception_of_any_command_is_an_internal_error(module: str, tmp_path: Path) -> None:
    code = (
        f"import sys, {module} as cli\n"
        "def broken(*_): raise AttributeError('broken')\n"
        "cli.parser = cli.find_command = broken\n"
        "sys.exit(cli.main(['example', 'x']))"
    )
    environ = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ)
    assert done.returncode == INTERNAL_ERROR
    assert "internal error: AttributeError: broken" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", [EXAMPLE, KEYS])
def test_a_reader_that_goes_away_changes_nothing(command: list[str]) -> None:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), said) == (0, b"")


@pytest.mark.parametrize("command", [EXAMPLE, [*EXAMPLE[:-1], "/dev/full"]])
def test_output_that_cannot_be_written_is_said(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert done.stderr.startswith("rehearse: cannot write ")
    assert done.stderr.endswith("No space left on device\n")


def test_a_closed_standard_output_is_no_fault() -> None:
    shell = f'"{sys.executable}" -m wrangler_compat --help >&-'
    done = subprocess.run(["sh", "-c", shell], stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command",
    [
        "queue -q --from",
        "queue -q --json",
        "queue -q --from remote --config",
        "codeq -q --json",
        "codeq -q --from",
        "example",
        "run",
        "run examples/links/migration.py --from",
        "new",
        "mutate",
    ],
)
def test_rehearse_says_in_words_that_a_name_is_too_long(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command.split(), "x" * 5000]) == NOT_STARTED
    assert "internal error" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        "kv diff README.md",
        "kv key list --binding=A --cwd",
        "kv key list --namespace-id=a --persist-to",
        "kv serve --persist-to",
        "dev --config",
    ],
)
def test_wrangler_compat_says_in_words_that_a_name_is_too_long(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wrangler_compat.main([*command.split(), "x" * 5000]) == 1
    assert "[ERROR]" in capsys.readouterr().err


def test_a_file_that_the_system_refuses_is_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("rehearse", Path("/proc/self/mem/x").stat) == INTERNAL_ERROR  # type: ignore[arg-type]
    assert capsys.readouterr().err == "rehearse: cannot use /proc/self/mem/x: Not a directory\n"
