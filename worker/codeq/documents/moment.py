"""A point in time as documents write it: RFC 3339 with up to nine digits of a second, in a zone."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from kvstore.clock import Clock
from worker.codeq.errors import DocumentError

_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
_EPOCH_DAY = datetime(1970, 1, 1).toordinal()
_YEAR_2000 = 946_684_800
_YEAR_9999 = 253_370_764_800
_CALENDAR_CYCLE = 146_097 * 86_400  # 400 years, after which the calendar repeats


@dataclass(frozen=True, slots=True)
class Moment:
    """``seconds`` since the UNIX epoch, ``nanoseconds`` beyond them, ``offset`` east of UTC in seconds."""

    seconds: int
    nanoseconds: int = 0
    offset: int = 0

    @classmethod
    def parse(cls, text: str) -> "Moment":
        """Reads RFC 3339 as strictly as codeQ: ``Z`` or ``±hh:mm`` must be there. Raises DocumentError."""
        match = _RFC3339.fullmatch(text)
        if match is None:
            raise DocumentError(f"parsing time {text!r}")
        date, fraction, _, sign, hours, minutes = match.groups()
        try:
            local = datetime.fromisoformat(date)
        except ValueError as error:
            raise DocumentError(f"parsing time {text!r}") from error
        offset = 0 if sign is None else (int(hours) * 3600 + int(minutes) * 60) * (-1 if sign == "-" else 1)
        seconds = (local.toordinal() - _EPOCH_DAY) * 86_400
        seconds += local.hour * 3600 + local.minute * 60 + local.second
        return cls(seconds - offset, int((fraction or "0")[:9].ljust(9, "0")), offset)

    def __str__(self) -> str:
        fraction = f".{self.nanoseconds:09d}".rstrip("0") if self.nanoseconds else ""
        return self._text(fraction)

    def whole(self) -> str:
        """Without the fraction."""
        return self._text("")

    def _text(self, fraction: str) -> str:
        # datetime ends with the year 9999; a lease of any length has a date in Go.
        cycles, seconds = divmod(self.seconds + self.offset - _YEAR_2000, _CALENDAR_CYCLE)
        local = datetime(2000, 1, 1) + timedelta(seconds=seconds)
        year = local.year + 400 * cycles
        return f"{year:04d}{local.strftime('-%m-%dT%H:%M:%S')}{fraction}{_zone_text(self.offset)}"


def _zone_text(offset: int) -> str:
    if offset == 0:
        return "Z"
    hours, minutes = divmod(abs(offset) // 60, 60)
    return f"{'-' if offset < 0 else '+'}{hours:02d}:{minutes:02d}"


# What Go has where no time was written.
YEAR_ONE = Moment(-62_135_596_800)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A clock, and the zone that its times are written in."""

    clock: Clock
    zone: tzinfo

    def now(self) -> Moment:
        return self.after(0)

    def after(self, seconds: int) -> Moment:
        """The moment ``seconds`` from now."""
        whole, rest = divmod(self.clock.now_ms(), 1000)
        at = min(whole + seconds, _YEAR_9999)
        offset = datetime.fromtimestamp(at, self.zone).utcoffset() or timedelta()
        return Moment(whole + seconds, rest * 1_000_000, round(offset.total_seconds()))

    def epoch(self) -> int:
        """Whole seconds since the UNIX epoch."""
        return self.clock.now_ms() // 1000

    def lease_until(self, seconds: int) -> str:
        """When a lease of ``seconds`` from now ends: UTC, whole seconds."""
        return str(Moment(self.epoch() + seconds))
