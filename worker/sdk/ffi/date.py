"""The JavaScript class Date. Workers have no other time zone than UTC."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from types import MethodType
from typing import Any, Final

from kvstore.javascript.values import date_json, date_text, to_number, to_string
from worker.sdk.ffi.errors import range_error
from worker.sdk.ffi.jsobject import JsObject, view_of
from worker.sdk.surroundings import current_platform

_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "FullYear": lambda moment: moment.year,
    "Month": lambda moment: moment.month - 1,
    "Date": lambda moment: moment.day,
    "Day": lambda moment: moment.isoweekday() % 7,
    "Hours": lambda moment: moment.hour,
    "Minutes": lambda moment: moment.minute,
    "Seconds": lambda moment: moment.second,
    "Milliseconds": lambda moment: moment.microsecond // 1000,
}


class Date(JsObject):
    """A point in time, in whole milliseconds."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)

    @classmethod
    def js_construct(cls, *arguments: Any) -> datetime:
        """``new Date()``, ``new Date(milliseconds)``, ``new Date(text)``, ``new Date(date)``."""
        if not arguments:
            return at(current_platform().clock.now_ms())
        given = arguments[0]
        return at(cls.parse(given) if isinstance(given, str) else to_number(given))

    @staticmethod
    def now() -> int:
        return current_platform().clock.now_ms()

    @staticmethod
    def parse(text: Any) -> float:
        """Milliseconds since the epoch of an ISO or HTTP date; NaN for anything else."""
        for read in (datetime.fromisoformat, parsedate_to_datetime):
            try:
                moment = read(to_string(text).strip())
            except ValueError:
                continue
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000
        return math.nan

    def getTime(self) -> float:
        return milliseconds(self._moment)

    def valueOf(self) -> float:
        return self.getTime()

    def toISOString(self) -> str:
        return date_json(self._moment)

    def toJSON(self) -> str:
        return self.toISOString()

    def toUTCString(self) -> str:
        return format_datetime(self._moment, usegmt=True)

    def js_string(self) -> str:
        return date_text(self._moment)

    def getTimezoneOffset(self) -> int:
        return 0

    def __getattr__(self, name: str) -> Callable[[], int]:
        """The parts, such as getFullYear() and getUTCFullYear(), which are the same in UTC."""
        part = _PARTS.get(name.removeprefix("get").removeprefix("UTC")) if name.startswith("get") else None
        if part is None:
            raise AttributeError(name)
        return MethodType(part, self._moment)


def at(time: float) -> datetime:
    """The Date ``time`` milliseconds after the epoch, cut to whole ones. Raises JsException for NaN."""
    if not math.isfinite(time) or abs(time) > 8.64e15:
        raise range_error("Invalid time value")
    whole = math.trunc(time)
    return datetime.fromtimestamp(whole // 1000, UTC).replace(microsecond=whole % 1000 * 1000)


def milliseconds(moment: datetime) -> float:
    return round(moment.timestamp() * 1000)


view_of.register(datetime, Date)
