"""Words that stand for a source, where one may also name a folder or a file."""

from typing import Final

REMOTE: Final = "remote"
