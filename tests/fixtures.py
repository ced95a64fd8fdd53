"""Real local state, written by wrangler's own runtime: where it is, and how it is unpacked."""

import tarfile
from pathlib import Path

_FOLDER = Path(__file__).parent / "data" / "fixtures"

GUIDE_5 = _FOLDER / "guide-5"
NAMESPACE = "0f2ac74b498b48028cb68387c421e279"


def unpack_busy(folder: Path) -> Path:
    """The project busy-1200, unpacked into ``folder``."""
    with tarfile.open(_FOLDER / "busy-1200.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "busy-1200"
