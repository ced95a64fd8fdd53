"""Meetings: what somebody does begins together with another's request, or with what somebody else does."""

import re
from dataclasses import dataclass
from typing import Final

_DEED: Final = re.compile(r"([A-Za-z_]\w*)(?:\[(\d{1,6})\])?")


@dataclass(frozen=True, slots=True)
class Deed:
    """The declared function ``act``, done to the entry at place ``which``."""

    act: str
    which: int = 0

    def __str__(self) -> str:
        return f"{self.act}[{self.which}]" if self.which else self.act


def read_deed(text: str) -> Deed | None:
    """A deed from its own text; None when it is not one."""
    parts = _DEED.fullmatch(text)
    return None if parts is None else Deed(parts[1], int(parts[2] or 0))


@dataclass(frozen=True, slots=True)
class Meeting:
    """One deed at the same time as ``request``; several at the same time as each other, and before it."""

    deeds: tuple[Deed, ...]
    request: str

    def __str__(self) -> str:
        return f"{'+'.join(map(str, self.deeds))}@{self.request}"


def read_meeting(text: str) -> Meeting:
    """A meeting from its own text. Raises ValueError with what is wrong."""
    given, at, request = text.partition("@")
    deeds = [deed for one in given.split("+") if (deed := read_deed(one)) is not None]
    if not at or not request or ":" in request or len(deeds) != given.count("+") + 1 or len(deeds) > 4:
        raise ValueError(
            f"{text!r:.60} is not a meeting: it takes FUNCTION@REQUEST, such as remove@operator.2, or "
            "FUNCTION+FUNCTION@REQUEST for what is done at once before the request; FUNCTION[2] is done to "
            "the third entry"
        )
    return Meeting(tuple(deeds), request)
