"""Moments as people write them: ISO 8601 in UTC; and how long after another one is."""

from datetime import UTC, datetime


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
    """The moment in UTC, to the second."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def elapsed(milliseconds: int) -> str:
    """Minutes, seconds and milliseconds, as ``02:07.250``."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 60:02}:{seconds % 60:02}.{rest:03}"
