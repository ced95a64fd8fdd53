"""The two queue services of the second migration, on the Redis protocol.

scheduler/    the legacy scheduler      service/   codeQ
keys.py       both layouts              store/     what both do alike
servers/      where the data lives      auth/      who may do what, and an issuer for rehearsals
documents/    what is stored and sent   web/       HTTP as both speak it

Names are imported when they are first asked for: without the extra ``codeq``, its program can still say so.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from worker.codeq.public import *  # noqa: F403


def __getattr__(name: str) -> Any:
    public = import_module("worker.codeq.public")
    if name not in public.__all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(public, name)
