"""A running ``wrangler-compat dev``, and folders for it to run in."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
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


def copy_notes(folder: Path) -> Path:
    """A copy of the example Worker, without any state."""
    ignored = shutil.ignore_patterns(".wrangler")
    return Path(shutil.copytree(ROOT / "examples" / "notes", folder / "notes", ignore=ignored))
