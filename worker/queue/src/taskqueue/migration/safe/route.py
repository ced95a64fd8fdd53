"""From where to where a migration moves."""

from dataclasses import dataclass
from typing import Final, Literal

from taskqueue import keys
from taskqueue.migration.safe.report import Kind


@dataclass(frozen=True, slots=True)
class Route:
    """``name`` tells the directions apart in the journal."""

    name: Literal["forward", "back"]
    source: keys.Layout
    target: keys.Layout

    def prefix(self, kind: Kind) -> str:
        """Where the originals are."""
        return _prefix(self.source, kind)

    def from_key(self, kind: Kind, task_id: str) -> str:
        return _prefix(self.source, kind) + task_id

    def to_prefix(self, kind: Kind) -> str:
        return _prefix(self.target, kind)

    def to_key(self, kind: Kind, task_id: str) -> str:
        return _prefix(self.target, kind) + task_id

    @property
    def target_wins(self) -> bool:
        """Forward, nothing is put over an existing key; back, the new format's entry is the later one."""
        return self.name == "forward"


def _prefix(layout: keys.Layout, kind: Kind) -> str:
    return layout.tasks if kind == "tasks" else layout.leases


FORWARD: Final = Route("forward", keys.OLD, keys.NEW)
BACK: Final = Route("back", keys.NEW, keys.OLD)
