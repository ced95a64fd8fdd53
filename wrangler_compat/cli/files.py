"""Reading the files that a command line names, with wrangler's complaints."""

import os
from pathlib import Path

from worker.config import Location
from worker.config.files.document import BYTE_ORDER_MARKS, reason_of
from wrangler_compat.cli.errors import FileError


def read_bytes(folder: Path, name: str) -> bytes:
    """The content of the file ``name``, seen from ``folder``. Raises FileError."""
    path = Path(os.path.normpath(folder / name))
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"Could not read file: {name}", reason_of(error, path)) from error


def read_text(folder: Path, name: str) -> str:
    """The text of a file in UTF-8, without a byte order mark. Raises FileError, also for other encodings."""
    content = read_bytes(folder, name)
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            raise FileError(
                f"Configuration file contains {encoding} byte order marker",
                f'The file "{name}" appears to be encoded as {encoding}. '
                "Please save the file as UTF-8 without BOM.",
                location=Location(Path(name), 1, 0, ""),
            )
    return content.decode("utf-8", "replace").removeprefix("\ufeff")
