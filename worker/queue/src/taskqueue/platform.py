"""Time and chance come from here and from nowhere else in this Worker."""

import asyncio
import secrets
import string
import time
from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)
_BASE36 = string.digits + string.ascii_lowercase


def now_ms() -> int:
    """Milliseconds since the UNIX epoch."""
    return int(time.time() * 1000)


def now_iso() -> str:
    return iso(now_ms())


def iso(milliseconds: int) -> str:
    """``2026-01-25T12:23:00.000Z``, as toISOString gives it."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment.isoformat('T', 'milliseconds')}Z"


async def pause(milliseconds: int) -> None:
    await asyncio.sleep(milliseconds / 1000)


def nonce(length: int) -> str:
    """``length`` random base-36 digits."""
    return "".join([secrets.choice(_BASE36) for _ in range(length)])
