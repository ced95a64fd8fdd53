"""``dev --cron``: cron triggers fire by themselves, in the time of the clock that the Worker has."""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from cronsim import CronSim, CronSimError
from starlette.types import ASGIApp

from kvstore.clock import Clock, iso
from wrangler_compat.cli.errors import CommandError

# The longest sleep: a machine may have slept meanwhile.
_MOST_SECONDS: Final = 60.0
# A day of the week by its number, not a step and not the number of a week.
_DAY: Final = re.compile(r"(?<![#/\w])([0-9]+)")


class Trigger:
    """One cron expression, and when it fires next: ``at``, in milliseconds since the epoch.

    Times are UTC; days of the week are 1 to 7 from Sunday on, as Cloudflare counts them
    (https://developers.cloudflare.com/workers/configuration/cron-triggers). Raises CommandError.
    """

    def __init__(self, cron: str, now_ms: int) -> None:
        self.cron = cron
        fields = cron.split()
        try:
            if len(fields) != 5:
                raise CronSimError(f"it has {len(fields)} fields, and five are needed")
            fields[4] = _DAY.sub(_from_sunday, fields[4])
            self._moments = CronSim(" ".join(fields), datetime.fromtimestamp(now_ms / 1000, UTC))
        except CronSimError as error:
            raise CommandError(f'The cron trigger "{cron}" cannot be read: {error}') from error
        self.at = self._next()

    def _next(self) -> int | None:
        moment = next(self._moments, None)
        return None if moment is None else int(moment.timestamp() * 1000)

    def due(self, now_ms: int) -> int | None:
        """The next moment that has come, once; None when there is none."""
        at = self.at
        if at is None or at > now_ms:
            return None
        self.at = self._next()
        return at


def _from_sunday(number: re.Match[str]) -> str:
    if not 1 <= int(number[1]) <= 7:
        raise CronSimError("days of the week are 1 to 7, from Sunday on, or SUN to SAT")
    return str(int(number[1]) - 1)


def triggers(crons: Iterable[str], clock: Clock) -> list[Trigger]:
    return [Trigger(cron, clock.now_ms()) for cron in crons]


def announcement(known: Iterable[Trigger]) -> str:
    """What fires, and when next."""
    lines = (f"{one.cron} ({'never again' if one.at is None else f'next at {iso(one.at)}'})" for one in known)
    return f"⎔ Cron triggers fire by themselves: {', '.join(lines)}"


async def moments(known: list[Trigger], clock: Clock) -> AsyncIterator[tuple[str, int]]:
    """Every moment of every trigger as it comes, earliest first: the expression, and its time."""
    while True:
        now = clock.now_ms()
        first = min(known, key=lambda one: (one.at is None, one.at))
        at = first.due(now)
        if at is None:
            left = _MOST_SECONDS if first.at is None else (first.at - now) / 1000
            await clock.sleep(min(left, _MOST_SECONDS))
        else:
            yield first.cron, at


async def fire(known: list[Trigger], clock: Clock, app: ASGIApp, say: Callable[[str], None]) -> None:
    """Run the scheduled handler behind ``app`` at every moment, until this is cancelled."""
    import httpx  # half as much as all of the rest, for a flag that most do without

    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=None) as client:
        async for cron, at in moments(known, clock):
            answer = await client.get(f"/cdn-cgi/handler/scheduled?cron={quote(cron, safe='')}&time={at}")
            say(f"[wrangler:info] Cron {cron} of {iso(at)}: {answer.text.strip()[:200]}")
