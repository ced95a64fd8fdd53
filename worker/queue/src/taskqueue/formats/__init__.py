"""The two formats of the queue, and the choice between them.

protocol      what a format can do            leased     what both do alike: tasks, leases, claims
old           one pending list                new        one key per task, found by prefix
"""

from collections.abc import Callable
from typing import Any

from taskqueue.environment import KV
from taskqueue.formats.new import NewFormat
from taskqueue.formats.old import OldFormat
from taskqueue.formats.protocol import Claimed, NothingToClaim, QueueFormat

__all__ = ["Claimed", "NothingToClaim", "QueueFormat", "UnknownFormatError", "choose", "configured"]

_FORMATS: dict[str, Callable[[KV], QueueFormat]] = {"old": OldFormat, "new": NewFormat}
_DEFAULT = "old"


class UnknownFormatError(Exception):
    """The variable QUEUE_FORMAT names no format."""


def configured(env: Any) -> str:
    """The value of QUEUE_FORMAT, whether or not there is such a format."""
    return str(getattr(env, "QUEUE_FORMAT", _DEFAULT))


def choose(env: Any, kv: KV) -> QueueFormat:
    """The queue in the format that QUEUE_FORMAT names, ``old`` without it.

    Raises UnknownFormatError for any other value.
    """
    name = configured(env)
    if name not in _FORMATS:
        allowed = " or ".join(f'"{known}"' for known in _FORMATS)
        raise UnknownFormatError(f'QUEUE_FORMAT is "{name}"; it must be {allowed}')
    return _FORMATS[name](kv)
