"""The codes with which a WebSocket closes. Source: RFC 6455, 7.4."""

from typing import Final

# Codes that no frame carries: none was named, or the other side went without a word.
NO_CODE: Final = 1005
LOST: Final = 1006
_NORMAL: Final = 1000
_FAILED: Final = 1011


def code_of_a_frame(code: int | None) -> int:
    """The code that a frame closes with: 1000 for one without a code, 1011 for an end without a frame."""
    return {NO_CODE: _NORMAL, LOST: _FAILED, None: _FAILED}.get(code, code or _FAILED)
