"""How much memory a process has."""

import os
from pathlib import Path


def resident(process: int | str = "self") -> float:
    """In MB, from Linux's /proc; 0 where there is none."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000
