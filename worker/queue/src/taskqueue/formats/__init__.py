"""The formats of the queue, and the choice between them.

protocol      what a format can do            leased     what the first two do alike: tasks, leases, claims
old           one pending list                new        one key per task, found by prefix
dual          both, during a migration        careful    its claims
lease         a stored lease
"""

from collections.abc import Callable
from typing import Any

from taskqueue import keys, settings
from taskqueue.environment import KV
from taskqueue.formats.dual import DualFormat
from taskqueue.formats.new import NewFormat
from taskqueue.formats.old import OldFormat
from taskqueue.formats.protocol import Claimed, NothingToClaim, QueueFormat

__all__ = ["Claimed", "NothingToClaim", "QueueFormat", "UnknownFormatError", "choose", "configured"]

_FORMATS: dict[str, Callable[[KV], QueueFormat]] = {"old": OldFormat, "new": NewFormat, "dual": DualFormat}
_DEFAULT = "old"


class UnknownFormatError(settings.SettingError):
    """The variable QUEUE_FORMAT names no format."""


def configured(env: Any) -> str:
    """The value of QUEUE_FORMAT, whether or not there is such a format."""
    return str(getattr(env, "QUEUE_FORMAT", _DEFAULT))


def choose(env: Any, kv: KV) -> QueueFormat:
    """The queue in the format that QUEUE_FORMAT names, ``old`` without it.

    The new format with careful claims is the dual one without the old layout. Raises UnknownFormatError for
    any other value.
    """
    name = configured(env)
    if name not in _FORMATS:
        allowed = " or ".join(f'"{known}"' for known in _FORMATS)
        raise UnknownFormatError(f'QUEUE_FORMAT is "{name}"; it must be {allowed}')
    if name == "new" and settings.careful_claims(env):
        return DualFormat(kv, (keys.NEW,))
    return _FORMATS[name](kv)
