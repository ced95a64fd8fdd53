"""Numbers and moments as people write them: numbers within bounds that a refusal names, ISO 8601 in UTC."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

# A seed may be any of these; a search takes a part of them.
MOST_SEED: Final = 10**15
MOST_SEEDS: Final = 10_000_000
A_YEAR: Final = 366 * 24 * 3600  # seconds

_SHOWN: Final = 40  # characters of a refused value
_DATED: Final = range(-62_135_596_800, 253_402_300_800)  # seconds since the UNIX epoch: the years 1 to 9999


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a number from ``least`` to ``most``. What it gives raises ArgumentTypeError."""

    def read(text: str) -> int:
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdecimal() and len(digits) < 20 and least <= int(text) <= most:
            return int(text)
        raise ArgumentTypeError(f"{_shown(text)} is not a whole number from {least} to {most}")

    return read


seed = whole(-MOST_SEED, MOST_SEED)


def seeds(text: str) -> range:
    """``1000`` seeds from 1 on, or ``A-B``. Raises ArgumentTypeError."""
    first, dash, last = text.partition("-")
    number = whole(0, MOST_SEED)
    try:
        found = range(number(first), number(last) + 1) if dash else range(1, number(first) + 1)
    except ArgumentTypeError as error:
        raise ArgumentTypeError(
            f"{_shown(text)} is neither a count of seeds such as 1000, nor a range such as 1-1000: "
            f"seeds are from 0 to {MOST_SEED}"
        ) from error
    if not 0 < len(found) <= MOST_SEEDS:
        raise ArgumentTypeError(f"{_shown(text)} are {len(found)} seeds: a search takes 1 to {MOST_SEEDS}")
    return found


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


def read_moment(text: str) -> int:
    """Milliseconds since the UNIX epoch. Raises ValueError with what is wrong."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a moment such as 2026-11-29T12:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def write_moment(milliseconds: int) -> str:
    """The moment in UTC, to the second; where its year has not four digits, how many seconds after 1970."""
    seconds = milliseconds // 1000
    if seconds not in _DATED:
        return f"{seconds} s after 1970"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def elapsed(milliseconds: int) -> str:
    """Minutes, seconds and milliseconds, as ``02:07.250``."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 60:02}:{seconds % 60:02}.{rest:03}"
