"""Where on the disk a folder of many files goes: what ext4 lets be chosen, and other file systems do not.

ext4 makes a file beside its folder's other files. Where it has no journal, as in some virtual machines, it
first looks at every file that was deleted there in the last minutes, by whomever: among tens of thousands
that takes a millisecond (``recently_deleted`` in the kernel's fs/ext4/ialloc.c).
"""

import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from kvstore.clock import stopwatch
from kvstore.entropy import Entropy
from kvstore.privacy import folder_mode

# The number of an attribute that `chattr +T` sets, and of the calls that read and write a folder's attributes
# (linux/fs.h, on machines of 64 bits; others refuse the number).
_TOP: Final = 0x00020000
_READ_ATTRIBUTES: Final = 0x80086601
_WRITE_ATTRIBUTES: Final = 0x40086602

_PLACES: Final = 8
_TRIES: Final = 4


def place_folder(folder: Path, entropy: Entropy) -> None:
    """Make ``folder``, whose parent is there, in a place where files are made quickly. Raises OSError.

    Nothing happens when it is there already, also when another process makes it in the meantime.
    """
    mode = folder_mode(folder.parent)
    if not folder.exists() and spread(folder.parent):
        places = [folder.with_name(entropy.token(16).hex()) for _ in range(_PLACES)]
        with suppress(OSError):  # such as: another has made it, and a file in it
            for place in places:
                place.mkdir(mode)
            min(places, key=_seconds_for_a_file).rename(folder)
        for place in places:
            with suppress(OSError):
                place.rmdir()
    folder.mkdir(mode, exist_ok=True)


def spread(folder: Path) -> bool:
    """Ask that folders made in ``folder`` get room of their own, away from it and from each other."""
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            (attributes,) = struct.unpack("i", fcntl.ioctl(descriptor, _READ_ATTRIBUTES, bytes(4)))
            fcntl.ioctl(descriptor, _WRITE_ATTRIBUTES, struct.pack("i", attributes | _TOP))
        finally:
            os.close(descriptor)
    except OSError:  # another file system, or another's folder
        return False
    return True


def _seconds_for_a_file(folder: Path) -> float:
    """The least of some tries, the first of which may have to read from the disk."""
    files = [folder / str(number) for number in range(_TRIES)]
    took = []
    try:
        for file in files:
            start = stopwatch()
            file.touch()
            took.append(stopwatch() - start)
    finally:
        for file in files:
            file.unlink(missing_ok=True)
    return min(took)
