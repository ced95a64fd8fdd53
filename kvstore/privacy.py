"""How private a file or a folder is when it is made: as the folder that it is made in, and as the umask says.

Of the folder's permissions it gets those of group and others, never more. What belongs to a folder of
wrangler's state (``<project>/.wrangler``, ``<persist root>/v3``) also gets no more than the folders above it,
up to the project or the persist root: those in between may have been made by somebody who did not ask.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

_STATE: Final = (".wrangler", "v3")
_OWNER: Final = 0o700
_NOT_TO_RUN: Final = 0o666
# SQLite's own choice, for its logs too: others never write to a database.
_DATABASE: Final = 0o644


def folder_mode(folder: Path) -> int:
    """The mode of a folder that is made in ``folder``, before the umask. Raises OSError."""
    above = [folder, *folder.parents]
    bounds = [depth for depth, one in enumerate(above) if one.name in _STATE]
    mode = 0o777
    for one in above[: max(bounds, default=-1) + 2]:
        mode &= _OWNER | stat.S_IMODE(one.stat().st_mode)
    return mode


def file_mode(folder: Path) -> int:
    """The mode of a file that is made in ``folder``, before the umask. Raises OSError."""
    return folder_mode(folder) & _NOT_TO_RUN


def make_folder(folder: Path) -> None:
    """Make ``folder``, and those above it that are missing. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(folder_mode(folder.parent), exist_ok=True)


def make_database(path: Path) -> None:
    """Make the empty file that a database begins as, if there is none; SQLite would not look at the folder.

    It is never opened when it exists: to close it would take away the locks that SQLite has on it in this
    process. What cannot be made is left for SQLite to say.
    """
    with suppress(OSError):
        if not path.exists():
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            os.close(os.open(path, flags, folder_mode(path.parent) & _DATABASE))


def as_folder(path: str, flags: int) -> int:
    """An ``opener`` for `open`: a new file is as private as its folder."""
    return os.open(path, flags, file_mode(Path(path).parent))


def for_owner(path: str, flags: int) -> int:
    """An ``opener`` for `open`: a new file is its owner's alone."""
    return os.open(path, flags, 0o600)
