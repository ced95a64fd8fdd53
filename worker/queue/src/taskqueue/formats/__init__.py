"""The formats of the queue, and the choice between them.

protocol      what a format can do            leased     what the first two do alike: tasks, leases, claims
old           one pending list                new        one key per task, found by prefix
dual          both, during a migration        careful    its claims
coordinated   both, with a coordinator        record     what that knows of a task
lease         a stored lease
"""

from collections.abc import Callable
from typing import Any

from taskqueue import keys, settings
from taskqueue.environment import KV
from taskqueue.formats.coordinated import CoordinatedFormat
from taskqueue.formats.dual import DualFormat
from taskqueue.formats.new import NewFormat
from taskqueue.formats.old import OldFormat
from taskqueue.formats.protocol import Claimed, NothingToClaim, QueueFormat

__all__ = ["Claimed", "NothingToClaim", "QueueFormat", "UnknownFormatError", "choose", "configured"]

_FORMATS: dict[str, Callable[[KV], QueueFormat]] = {"old": OldFormat, "new": NewFormat, "dual": DualFormat}
_COORDINATED = {"new": (keys.NEW,), "dual": (keys.NEW, keys.OLD)}
_DEFAULT = "old"


class UnknownFormatError(settings.SettingError):
    """The variable QUEUE_FORMAT names no format."""


def configured(env: Any) -> str:
    """The value of QUEUE_FORMAT, whether or not there is such a format."""
    return str(getattr(env, "QUEUE_FORMAT", _DEFAULT))


def choose(env: Any, kv: KV) -> QueueFormat:
    """The queue in the format that QUEUE_FORMAT names, ``old`` without it.

    The new format with careful claims is the dual one without the old layout. With a coordinator it takes one
    of these two. Raises UnknownFormatError for any other value, SettingError for a coordinator that it lacks.
    """
    name = configured(env)
    if name not in _FORMATS:
        allowed = " or ".join(f'"{known}"' for known in _FORMATS)
        raise UnknownFormatError(f'QUEUE_FORMAT is "{name}"; it must be {allowed}')
    claims = settings.claims(env)
    if claims == "coordinator":
        coordinator = settings.coordinator(env)
        if name not in _COORDINATED:
            raise settings.SettingError(f'CLAIMS is "coordinator", which QUEUE_FORMAT "{name}" cannot have')
        return CoordinatedFormat(kv, _COORDINATED[name], coordinator)
    if name == "new" and (claims == "careful" or settings.migration(env) == "safe"):
        return DualFormat(kv, (keys.NEW,))
    return _FORMATS[name](kv)
