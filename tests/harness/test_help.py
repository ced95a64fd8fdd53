"""Help is there at once: nothing is imported for it that only a rehearsal needs."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.own_clock  # programs are waited for
HEAVY = ("httpx", "starlette", "aiosqlite", "apsw", "redis", "harness.engine.loop", "worker.runtime")
LOOK = """
import sys
from harness.cli import rehearse as cli

try:
    cli.read(sys.argv[2:])
except SystemExit:
    pass
print(*sorted(name for name in sys.modules if name in sys.argv[1].split()), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["run", "--help"], ["new", "--help"]], ids=" ".join
)
def test_help_imports_nothing_that_a_rehearsal_needs(arguments: list[str]) -> None:
    command = [sys.executable, "-c", LOOK, " ".join(HEAVY), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout
    assert done.stderr.strip() == ""
