"""Our own program, run in this process."""

import pytest

from tests.wrangler_compat.d1.transcript import Program, Said
from wrangler_compat.main import main


@pytest.fixture
def ours(capfd: pytest.CaptureFixture[str]) -> Program:
    def run(command: tuple[str, ...]) -> Said:
        capfd.readouterr()
        code = main([*command], {"CI": "true"})
        return Said(code, *capfd.readouterr())

    return run
