"""What this is called where it is installed from, and which version of it is installed."""

from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

DISTRIBUTION: Final = "understudy-kv"
NOT_INSTALLED: Final = "0+unknown"  # a checkout that was never set up


def installed_version() -> str:
    """``0.1.0``, or `NOT_INSTALLED`."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return NOT_INSTALLED


def requirements() -> list[str]:
    """What it requires, such as ``joserfc<2,>=1.1; extra == 'codeq'``."""
    try:
        return requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return []
