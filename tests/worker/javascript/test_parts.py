"""Which workerd runs: the one that is named, npm's, or the one behind npm's script."""

from pathlib import Path

import pytest

from worker.javascript.parts import MissingPartError, find_part


def _program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_npms_script_stands_for_the_binary_behind_it(tmp_path: Path) -> None:
    """It is there after ``npm install --ignore-scripts``, and passes no file descriptors on."""
    modules = tmp_path / "node_modules"
    _program(modules / ".bin" / "workerd", "#!/usr/bin/env node\n")
    script = _program(modules / ".bin" / "esbuild", "#!/usr/bin/env node\n")
    binary = _program(modules / "@cloudflare" / "workerd-linux-64" / "bin" / "workerd", "\x7fELF")

    assert find_part("workerd", tmp_path / "src", {}) == binary
    assert find_part("esbuild", tmp_path / "src", {}) == script


def test_a_program_is_named_or_missing(tmp_path: Path) -> None:
    binary = _program(tmp_path / "node_modules" / ".bin" / "workerd", "\x7fELF")

    assert find_part("workerd", tmp_path, {}) == binary
    assert find_part("workerd", tmp_path, {"WORKERD_BIN": "/other"}) == Path("/other")
    with pytest.raises(MissingPartError, match="npm install --save-dev workerd esbuild"):
        find_part("esbuild", tmp_path, {"PATH": ""})
