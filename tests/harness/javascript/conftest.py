"""Where workerd and esbuild are; without them the tests of this folder are skipped."""

from collections.abc import Iterator

import pytest

from tests.harness.javascript.running import OPEN
from tests.worker.workerd import program


@pytest.fixture
def javascript(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What running JavaScript takes. Every workerd that was started is ended."""
    binary = program()
    if binary is None or not (binary.parent / "esbuild").exists():
        pytest.skip("workerd or esbuild is not installed: npm install --prefix .real wrangler@4.86.0")
    monkeypatch.setenv("WORKERD_BIN", str(binary))
    monkeypatch.setenv("ESBUILD_BIN", str(binary.parent / "esbuild"))
    yield
    while OPEN:
        OPEN.pop().close()
