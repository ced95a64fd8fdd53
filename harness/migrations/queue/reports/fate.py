"""What became of every live task: one word each, adding up to all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from harness.migrations.queue.checkers.ending import owed
from harness.migrations.queue.simulation.record import Record, kept

# From best to worst.
FATES: Final = ("listed", "hidden", "stranded", "lost")


@dataclass(frozen=True)
class Fates:
    """The tasks that must be in the queue after the migration, ``of`` each fate.

    listed     the new Worker lists it
    hidden     in the new format, but beyond what the new Worker lists
    stranded   in the old format only, where the new Worker never looks: gone when it expires
    lost       stored nowhere

    ``set_aside`` are none of these: their bodies are kept, byte for byte.
    """

    of: Mapping[str, list[str]]
    set_aside: set[str]


@kept
def fates(record: Record) -> Fates:
    """What became of what is live at the end of a walk."""
    final, before = record.final, record.start.tasks
    aside = {task for task, entry in final.quarantined.items() if before.get(task) == entry}
    listed = record.judged["listing"].member("pending") or ()
    seen = {task for task in listed if isinstance(task, str)}
    found: dict[str, list[str]] = {fate: [] for fate in FATES}
    for task in owed(record, record.ended):
        if task in aside:
            continue
        if task in seen and task in final.new_tasks:
            found["listed"].append(task)
        elif task in final.new_tasks:
            found["hidden"].append(task)
        elif task in final.old_tasks:
            found["stranded"].append(task)
        else:
            found["lost"].append(task)
    return Fates(found, aside)
