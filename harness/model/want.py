"""What is to be at a place of the new layout, and what is wrong with what is there instead."""

from dataclasses import dataclass

from harness.migration import Entry as Wanted
from harness.model.record import Act, Place, Record
from harness.model.row import is_table
from harness.model.sameness import has_value
from kvstore import Event


@dataclass(slots=True)
class Want:
    """What may be at a place: any of ``allowed``, where None is nothing at all.

    ``origin`` is the old entry that it comes from, ``changed`` the last client's write that it follows from.
    ``anything`` when a client's request may have done part of what it was to do.
    """

    allowed: tuple[Wanted | None, ...]
    origin: Place | None = None
    changed: Event | None = None
    gone: Act | None = None
    anything: bool = False

    def lives(self, at: int, margin: int = 0) -> bool:
        """Whether something must be there at ``at`` (ms), and for ``margin`` seconds more."""
        return not self.anything and all(
            one is not None and (one.expiration is None or one.expiration * 1000 > at + margin * 1000)
            for one in self.allowed
        )

    def is_gone(self) -> bool:
        """Whether nothing may be there."""
        return not self.anything and all(one is None for one in self.allowed)


@dataclass(frozen=True, slots=True)
class Wrong:
    """``place`` holds ``have`` at the end, and ``want`` says what it was to hold; ``earlier`` is what the old
    entry would have become as it was at the beginning.
    """

    place: Place
    want: Want
    have: Wanted | None
    earlier: Wanted | None = None

    @property
    def stays(self) -> bool:
        """Whether something is there, and something was to be: no client deleted it."""
        is_wanted = any(one is not None for one in self.want.allowed)
        return self.have is not None and is_wanted and self.want.gone is None

    def outlives(self, ended: int) -> bool:
        """Whether it is there although it was to have expired; a row may be."""
        if is_table(self.place[0]):
            return False
        ends = [one.expiration for one in self.want.allowed if one is not None]
        return bool(ends) and all(end is not None and end * 1000 <= ended for end in ends)

    @property
    def _is_of_before(self) -> bool:
        """Whether it has the value of the beginning."""
        return self.have is not None and self.earlier is not None and has_value(self.earlier, self.have.value)

    def is_overwritten(self, record: Record) -> bool:
        """Whether what a client wrote was there, and the migration wrote over it.

        What a client wrote to the old entry is there to be moved: only the value of the beginning, which was
        read before, overwrites it.
        """
        changed = self.want.changed
        if changed is None or not (self._is_of_before or (changed.namespace, changed.key) == self.place):
            return False
        return any(
            (event.namespace, event.key) == self.place
            and event.index > changed.index
            and record.role_of(event.invocation) != "client"
            for event in record.writes
        )
