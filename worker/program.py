"""The outermost door of every program here: what it prints goes out through it, and no traceback does."""

import io
import os
import re
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

from kvstore.text.printable import printable, printable_lines

DISTRIBUTION: Final = "understudy-kv"
NOT_INSTALLED: Final = "0+unknown"  # a checkout that was never set up


def installed_version() -> str:
    """``0.1.0``, or `NOT_INSTALLED`."""
    from importlib.metadata import PackageNotFoundError, version  # slow to import, and seldom asked

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return NOT_INSTALLED


def requirements() -> list[str]:
    """What it requires, such as ``joserfc<2,>=1.1; extra == 'codeq'``."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        return requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return []


INTERNAL_ERROR: Final = 3


class OutputError(Exception):
    """What was to be said could not be written, as on a full disk: where to, and the system's ``reason``."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(f"cannot write {target}: {reason}")
        self.reason = reason


def run(name: str, program: Callable[[], int]) -> int:
    """The exit code of ``program``, called ``name``, once all that it printed is written.

    A missing package that an extra of ours brings is named with what installs it, and a file that the system
    refuses with the system's reason. Any other exception that it lets through is a fault of ours: it is said
    in words, and the traceback goes to a file. The exit code of all three is INTERNAL_ERROR. A reader that
    goes away (``| head -1``) changes nothing.
    """
    with _standard_streams():
        try:
            exit_code = program()
            sys.stdout.flush()
        except OutputError as error:
            print(printable(f"{name}: {error}"), file=sys.stderr)
            return INTERNAL_ERROR
        except ModuleNotFoundError as error:
            print(f"{name}: {_missing(error)}", file=sys.stderr)
            return INTERNAL_ERROR
        except Exception as error:
            if isinstance(error, OSError) and error.filename is not None:
                print(printable(f"{name}: cannot use {error.filename}: {error.strerror}"), file=sys.stderr)
                return INTERNAL_ERROR
            print(f"{name}: internal error: {_told(error)}", file=sys.stderr)
            return INTERNAL_ERROR
        return exit_code


def _missing(error: ModuleNotFoundError) -> str:
    """What to install: the extra of ours that the module belongs to."""
    module = str(error.name).partition(".")[0]
    found = [re.match(r"([\w-]+).*; extra == .(\w+)", requirement) for requirement in requirements()]
    extras = [(match[1], match[2]) for match in found if match]
    size = Counter(extra for _, extra in extras)
    if offering := [extra for package, extra in extras if package == module]:
        smallest = min(offering, key=lambda extra: size[extra])
        return f"the package {module} is not installed: pip install '{DISTRIBUTION}[{smallest}]'"
    return f"internal error: {_told(error)}"


def _told(error: Exception) -> str:
    what = printable(traceback.format_exception_only(error)[-1].strip())
    whole = "".join(traceback.format_exception(error))
    try:
        descriptor, path = tempfile.mkstemp(prefix="understudy-", suffix=".traceback.txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(whole)
    except OSError:
        return f"{what}\n{printable_lines(whole)}"
    return (
        f"{what}\nThis is a fault of Understudy, not a result. Please report it as CONTRIBUTING.md says, "
        f"with the command and {path}"
    )


class _Stream(io.FileIO):
    """A standard stream. What can no longer be read is dropped; what cannot be written of standard output
    raises OutputError, and of standard error is dropped too."""

    def write(self, content: Any, /) -> int:
        try:
            return super().write(content)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())  # or it fails again when Python ends
            if isinstance(error, BrokenPipeError) or self.fileno() != 1:
                return len(memoryview(content))
            raise OutputError("standard output", str(error.strerror)) from error


@contextmanager
def _standard_streams() -> Iterator[None]:
    """Standard output and error as `_Stream`; text that their encoding does not have is escaped."""
    out, err = sys.stdout, sys.stderr
    # A test's own streams are left alone.
    sys.stdout = _opened(out) if out is sys.__stdout__ else out
    sys.stderr = _opened(err) if err is sys.__stderr__ else err
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def _opened(stream: Any) -> TextIO:
    if stream is None:  # it was closed before the program began
        return Path(os.devnull).open("w", encoding="utf-8")
    return io.TextIOWrapper(
        io.BufferedWriter(_Stream(stream.fileno(), "wb", closefd=False)),
        stream.encoding,
        "backslashreplace",
        line_buffering=stream.line_buffering or stream.write_through,
    )
