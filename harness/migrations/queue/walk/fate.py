"""What became of every live task: one word each, adding up to all of them."""

from typing import Final

from harness.migrations.queue.walk.outcome import Outcome

# From best to worst.
FATES: Final = ("listed", "hidden", "stranded", "lost")


def fates(outcome: Outcome) -> dict[str, set[str]]:
    """The tasks that must be in the queue after the migration, by what became of them.

    listed     the new Worker lists it
    hidden     in the new format, but beyond what the new Worker lists
    stranded   in the old format only, where the new Worker never looks: gone when it expires
    lost       stored nowhere
    """
    state = outcome.at_listing
    listed = set(outcome.listed)
    found: dict[str, set[str]] = {fate: set() for fate in FATES}
    for task in outcome.expected:
        if task in listed and task in state.new_tasks:
            found["listed"].add(task)
        elif task in state.new_tasks:
            found["hidden"].add(task)
        elif task in state.old_tasks:
            found["stranded"].add(task)
        else:
            found["lost"].add(task)
    return found
