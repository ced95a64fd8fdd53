"""Where a file system puts new folders and their files: a wish that ext4 grants and others ignore."""

import os
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

# The number of an attribute that `chattr +T` sets, and of the calls that read and write a folder's attributes
# (linux/fs.h, on machines of 64 bits; others refuse the number).
_TOP: Final = 0x00020000
_READ_ATTRIBUTES: Final = 0x80086601
_WRITE_ATTRIBUTES: Final = 0x40086602


def spread(folder: Path) -> None:
    """Ask that folders made in ``folder`` get room of their own, away from it and from each other.

    ext4 makes a file beside its folder's other files. Where it has no journal, as in some virtual machines,
    it first looks at every file that was deleted there in the last minutes, by whomever: among tens of
    thousands that takes most of a millisecond (``recently_deleted`` in the kernel's fs/ext4/ialloc.c).
    """
    if sys.platform != "linux":
        return
    import fcntl

    with suppress(OSError):  # another file system, or another's folder
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            (attributes,) = struct.unpack("i", fcntl.ioctl(descriptor, _READ_ATTRIBUTES, bytes(4)))
            fcntl.ioctl(descriptor, _WRITE_ATTRIBUTES, struct.pack("i", attributes | _TOP))
        finally:
            os.close(descriptor)
