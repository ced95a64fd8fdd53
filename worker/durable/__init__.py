"""Durable Objects: one instance of a class for each name, world-wide, with storage of its own.

objects      a class with all its objects: what a deployment makes, and binds
namespace    the binding: ids and stubs                     object_id    ids
stub         calls to one object                            instance     one object while it lives
state        its ``ctx``                                    storage/     its ``ctx.storage``
gate         what holds new events back                     alarms       when its alarm rings
structured_clone   values as bytes                          errors, limits     what is refused, and where

The names in JavaScript are those of the platform; `worker.sdk.durable` is how a Python Worker sees them. What
was measured was measured on workerd 2026-04-26; docs/durable-objects.md says what differs.
"""

from worker.durable.errors import ObjectError
from worker.durable.objects import Objects
from worker.durable.storage.disk import Disk, FolderDisk, MemoryDisk

__all__ = ["Disk", "FolderDisk", "MemoryDisk", "ObjectError", "Objects"]
