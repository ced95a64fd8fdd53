"""A running ``wrangler-compat dev``, and folders for it to run in."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
REAL = ROOT / ".real" / "node_modules" / ".bin"
PROGRAM = (sys.executable, "-m", "wrangler_compat")


def wrangler(
    *arguments: str, cwd: Path, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    variables = os.environ | (environ or {})
    return subprocess.run([*PROGRAM, *arguments], cwd=cwd, capture_output=True, text=True, env=variables)


class Dev:
    """A running ``dev``, once it has printed ``ready``; ``lines`` is what it has printed so far."""

    def __init__(
        self, cwd: Path, *arguments: str, environ: dict[str, str] | None = None, ready: str = "Ready on "
    ) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "dev", *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"} | (environ or {}),
        )
        self.lines: list[str] = []
        # What never says what is waited for is ended, so that a test fails and does not hang.
        self.watchdog = threading.Timer(60, self.process.kill)
        self.watchdog.start()
        self.url = self.read_until(ready).split(ready)[1].strip()

    def read_until(self, text: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if text in line:
                return line
        raise AssertionError("".join(self.lines))

    def stop(self) -> int:
        self.watchdog.cancel()
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=20)
        self.lines += rest.splitlines(keepends=True)
        return self.process.returncode


# The entry files of a Worker in Python, and of one in JavaScript.
IN_BOTH_LANGUAGES = pytest.mark.parametrize(
    "main", ["entry.py", pytest.param("index.js", marks=pytest.mark.workerd)]
)


def answer_of(folder: Path, config: str, main: str, code: str) -> tuple[Any, list[str]]:
    """What a Worker answers under ``dev``, as JSON, and the lines that ``dev`` printed.

    ``config`` is what its configuration has beside the name, the entry file and the flags.
    """
    if main.endswith(".js") and not (REAL / "workerd").exists():
        pytest.skip("the real workerd is not installed: npm install --prefix .real wrangler@4.86.0")
    flags = ["python_workers"] if main.endswith(".py") else []
    head = (
        f'name = "demo"\nmain = "{main}"\ncompatibility_date = "2026-04-20"\ncompatibility_flags = {flags}\n'
    )
    (folder / "wrangler.toml").write_text(head + config)
    (folder / main).write_text(code)
    parts = {f"{part.upper()}_BIN": str(REAL / part) for part in ("workerd", "esbuild")}
    dev = Dev(folder, "--port=0", environ=parts)
    try:
        answer = httpx.get(dev.url, trust_env=False, timeout=30).json()
    finally:
        dev.stop()
    return answer, dev.lines


def copy_notes(folder: Path) -> Path:
    """A copy of the example Worker, without any state."""
    ignored = shutil.ignore_patterns(".wrangler")
    return Path(shutil.copytree(ROOT / "examples" / "notes", folder / "notes", ignore=ignored))
