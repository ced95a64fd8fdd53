"""A workerd process, which ends when the process that started it ends."""

import os
import selectors
import subprocess
from pathlib import Path
from typing import Final

from worker.javascript import WorkerdError

_STARTS_WITHIN_SECONDS: Final = 60
_SERVE: Final = ("serve", "--experimental", "--control-fd=3", "config.capnp")
# Ends workerd when the process that started it has ended, in whatever way: that closes the standard input.
# Its third descriptor tells us that it listens.
_GUARD: Final = """
"$@" 3>&1 1>&2 </dev/null &
exec 1>&2
cat >/dev/null
kill -9 $! 2>/dev/null
wait $!
rm -rf "$FOLDER"
kill -9 0
"""


class Process:
    """``program``, with the configuration in ``folder``: it is there when it listens on all ``sockets``.

    Raises WorkerdError.
    """

    def __init__(self, program: Path, folder: Path, sockets: int) -> None:
        self._printed = folder / "said"
        self._out = self._printed.open("wb")
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", str(program), *_SERVE],
            cwd=folder,
            env={**os.environ, "FOLDER": str(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._out,
            start_new_session=True,
        )
        try:
            self._wait(sockets)
        except BaseException:
            self.stop()
            raise

    def _wait(self, sockets: int) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as control, selectors.DefaultSelector() as selector:
            selector.register(control, selectors.EVENT_READ)
            listening = 0
            while listening < sockets:
                if not selector.select(_STARTS_WITHIN_SECONDS):
                    said = self.said()
                    raise WorkerdError(
                        f"workerd did not start within {_STARTS_WITHIN_SECONDS} s{': ' * bool(said)}{said}"
                    )
                told = os.read(control.fileno(), 65536)
                if not told:
                    raise WorkerdError(self.said() or "workerd ended at once")
                listening += told.count(b'"listen"')

    @property
    def pid(self) -> int:
        """The process that watches over it, which leads its group."""
        return self._process.pid

    def said(self) -> str:
        """What it printed."""
        return self._printed.read_text("utf-8", "replace").strip()

    def stop(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._out.close()
