"""What a Worker prints while it is tested: noted line by line, and passed on."""

from typing import TextIO


class Logs(list[str]):
    """The lines, in their order, of standard output and standard error."""

    def beside(self, out: TextIO) -> "_Noted":
        """A stream that writes to ``out`` as well."""
        return _Noted(self, out)


class _Noted:
    def __init__(self, lines: list[str], out: TextIO) -> None:
        self._lines = lines
        self._out = out
        self._begun = ""

    def write(self, text: str) -> int:
        *lines, self._begun = (self._begun + text).split("\n")
        self._lines += lines
        return self._out.write(text)

    def flush(self) -> None:
        self._out.flush()

    def isatty(self) -> bool:
        return False
