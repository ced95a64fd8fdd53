"""What was to become of every entry: what clients wrote is the truth, whatever the migration did with it.

The entries of the beginning and the writes of clients, in order, folded through what the migration says that
they become. Writes of operators, readers and background work are the migration: they change nothing here.
"""

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import chain

from harness.migration import Entry as Wanted
from harness.migration import stored_as
from harness.model.outcomes import Outcomes, place_of
from harness.model.record import Act, Call, Place, Record
from harness.model.sameness import is_as_wanted, meaning_of, read_as
from harness.model.want import Want, Wrong
from kvstore import Entry, Event

# An entry that has so little left (seconds) may be left to end where it is: KV takes no shorter life.
LAST_MINUTE = 90


class Expectation:
    """The truth about a record.

    wants       what is to be at each new place at the end
    immovable   old entries that ``becomes`` raises for: they are to stay as they are
    untouched   every other entry: what clients left there
    bare        deletions by the migration after which a living entry was stored nowhere, with its place
    """

    def __init__(self, record: Record, mapping: Outcomes) -> None:
        self.record = record
        self.mapping = mapping
        self.migration = record.migration
        self.wants: dict[Place, Want] = {}
        self.immovable: dict[Place, Entry] = {}
        self.untouched: dict[Place, Entry | None] = {}
        self.originals: dict[Place, tuple[Place, ...]] = {}
        self.bare: list[tuple[Event, Place]] = []
        # The old entries that the migration wrote, by what they become.
        self._written_back: dict[Place, set[Place]] = {}
        # What clients wrote in requests that failed, and what it becomes, until one of them writes it again.
        self._half: set[Place] = set()
        self._state: dict[Place, Entry] = dict(record.start)
        self._begin()
        self._go()

    def _begin(self) -> None:
        for place, stored in self.record.start.items():
            if self.migration.rule_for(*place) is not None:
                self._old(place, stored, None)
        for place, stored in self.record.start.items():
            if self.migration.rule_for(*place) is None and not self.migration.is_note(*place):
                if place in self.wants:  # what is in the new layout already is newer
                    origin = self.wants[place].origin
                    self.wants[place] = Want((self.mapping.written(place, stored),), origin)
                else:
                    self.untouched[place] = stored

    def _old(self, place: Place, stored: Entry, event: Event | None, *, sure: bool = True) -> None:
        """Something is in the old layout: what it becomes is wanted, and what it became before is not."""
        targets = self.mapping.targets(place, stored)
        self.immovable.pop(place, None)
        if targets is None:
            self.immovable[place] = stored
            targets = ()
        new = {place_of(one): one for one in targets}
        for before in self.originals.get(place, ()):
            if before not in new:
                self._want(before, None, place, event, sure=sure)
        for where, one in new.items():
            self._want(where, one, place, event, sure=sure)
        self.originals[place] = tuple(new)

    def _want(
        self, place: Place, wanted: Wanted | None, origin: Place | None, event: Event | None, *, sure: bool
    ) -> None:
        known = self.wants.get(place)
        if known is None:
            self.wants[place] = Want((wanted,) if sure else (wanted, None), origin, event)
            return
        if wanted is not None:
            wanted = meaning_of(wanted, *known.allowed)
        if event is None and known.origin is not None and known.origin != origin:
            known.allowed = (*known.allowed, wanted)  # two old entries for one place: either may win
            return
        either = not sure or (event is not None and self._met(known.changed, event))
        others = () if origin is None else self._of_others(place, origin)
        known.allowed = (*(known.allowed if either else others), wanted)
        known.origin, known.changed = known.origin or origin, event or known.changed
        known.gone = None
        if sure:
            known.anything = False

    def _go(self) -> None:
        """Follow every write, and what clients know that they did, in order."""
        record = self.record
        acts = sorted((act for act in record.acts if act.role == "client"), key=lambda act: act.last)
        done = 0
        for place, event in enumerate(record.writes):
            while done < len(acts) and acts[done].last <= place:
                self._act(acts[done])
                done += 1
            call = record.by_name.get(event.invocation)
            if call is not None and call.role == "client":
                self._client(event, call)
                self._apply(event)
            else:
                self._apply(event)
                self._watch(event, place)
        for act in acts[done:]:
            self._act(act)

    def _apply(self, event: Event) -> None:
        where = event.namespace, event.key
        if event.verb == "put" and event.entry is not None:
            self._state[where] = event.entry
        else:
            self._state.pop(where, None)

    def _client(self, event: Event, call: Call) -> None:
        """A client wrote something itself."""
        where, sure = (event.namespace, event.key), call.outcome != "info"
        stored = event.entry if event.verb == "put" else None
        if self.migration.is_note(*where):
            return
        if self.migration.rule_for(*where) is not None and self._is_old(where, stored, call):
            if stored is not None:
                self._old(where, stored, event, sure=sure)
            else:
                self._forget(where, event, sure=sure)
        elif where in self.untouched:
            self.untouched[where] = stored
        else:
            wanted = None if stored is None else self.mapping.written(where, stored)
            self._want(where, wanted, None, event, sure=sure)
        if not sure:
            self._half |= {where, *self.originals.get(where, ())}
        elif self._half:
            of = {one for one in self._half if where in self.originals.get(one, ())}
            self._half -= {where, *of, *self.originals.get(where, ())}

    def _is_old(self, where: Place, stored: Entry | None, call: Call) -> bool:
        """Whether what is written there is in the old layout: a later Worker may keep the key, not the
        form. What becomes itself has the form of both, and all else that it becomes belongs to it.
        """
        if call.stage == "before" or where not in self.originals.get(where, ()):
            return True
        targets = () if stored is None else self.mapping.targets(where, stored) or ()
        return any(place_of(one) == where and stored_as(one) == stored for one in targets)

    def _forget(self, where: Place, event: Event, *, sure: bool) -> None:
        """An old entry was deleted; what the same request wrote in the new layout is not."""
        mine = {
            (one.namespace, one.key)
            for one in self.record.writes
            if one.invocation == event.invocation and one.verb == "put"
        }
        self.immovable.pop(where, None)
        for target in self.originals.get(where, ()):
            if target not in mine:
                self._want(target, None, where, event, sure=sure)

    def _of_others(self, target: Place, origin: Place) -> tuple[Wanted, ...]:
        """What old entries beside ``origin`` become at a place: one that is gone need not take it along."""
        return tuple(
            one
            for other, targets in self.originals.items()
            if other != origin and target in targets and other in self._state
            for one in self.mapping.targets(other, self._state[other]) or ()
            if place_of(one) == target
        )

    def _act(self, act: Act) -> None:
        """What a client says of an entry, or does not know."""
        for target in self.originals.get(act.place, ()):
            want = self.wants[target]
            if target in self.record.start and target != act.place and act.outcome == "gone":
                want.anything = True  # who deletes the old one need not know of what was there beside it
            elif act.outcome == "gone":
                # What says that it is gone may be in its place, or what somebody else wrote at the same time.
                others = _is_of(want.changed, act) or self._is_shared(act)
                marks = want.allowed if others else self._of_others(target, act.place)
                self.wants[target] = Want((None, *marks), want.origin, want.changed, act)
            elif act.outcome == "unknown" and self._may_have_done(act):
                want.anything = True
        if act.outcome == "unknown" and act.place in self.immovable and self._may_have_done(act):
            del self.immovable[act.place]

    def _is_shared(self, act: Act) -> bool:
        """Whether another client was at the same entry at the same time: either may have been the last."""
        return any(
            other is not act and (other.place, other.role) == (act.place, "client") and overlap(other, act)
            for other in self.record.acts
        )

    def _met(self, one: Event | None, other: Event) -> bool:
        """Whether two clients wrote it at the same time: what is written to two places may stay of either."""
        if one is None or one.invocation == other.invocation:
            return False
        acts = [act for act in self.record.acts if act.role == "client"]
        mine = [act for act in acts if _is_of(one, act)]
        theirs = [act for act in acts if _is_of(other, act)]
        return any(act is not another and overlap(act, another) for act in mine for another in theirs)

    def _watch(self, event: Event, at: int) -> None:
        """After a write of the migration: is everything that lives stored somewhere?"""
        where = event.namespace, event.key
        if event.entry is not None and self.migration.rule_for(*where) is not None:
            for one in self.mapping.targets(where, event.entry) or ():
                self._written_back.setdefault(place_of(one), set()).add(where)
        for target in {where, *self.originals.get(where, ())}:
            if (
                self._is_bare(target, event.at)
                and not self._is_going(target, at)
                and not any(known == target for _, known in self.bare)
            ):
                self.bare.append((event, target))

    def _is_going(self, target: Place, at: int) -> bool:
        """Whether a client was deleting it when so many writes were done, or nobody knows."""
        origin = self.wants[target].origin or target
        return any(
            (act.place, act.role) == (origin, "client")
            and act.first <= at <= act.last
            and act.outcome in ("gone", "unknown")
            and self._may_have_done(act, at)
            for act in self.record.acts
        )

    def is_unsure(self, place: Place) -> bool:
        """Whether nobody knows what a client left there: who sees it later may put it right."""
        want = self.wants.get(place)
        return (
            (want is not None and want.anything)
            or place in self._half
            or any(
                (act.place, act.role, act.outcome) == (place, "client", "unknown")
                and self._may_have_done(act)
                and not self._is_settled(act)
                for act in self.record.acts
            )
        )

    def may_be_either(self, place: Place, now: Entry | None, at: int) -> bool:
        """Whether clients were at an entry at once, so that what was left at ``place`` is right, and what is
        there ``now`` (at ``at`` ms) would have been, too.
        """
        want = self.wants.get(place)
        if want is None or any(one.place == place for one in self.wrong):
            return False
        acts = [act for act in self.record.acts if (act.place, act.role) == (want.origin or place, "client")]
        return any(map(self._is_shared, acts)) and self._is_right(want, now, at)

    def _may_have_done(self, act: Act, at: float = math.inf) -> bool:
        """Whether a client's requests had done anything when so many writes were done.

        What wrote nothing has changed nothing, whatever it was answered; but what an object knows by then is
        not recorded.
        """
        return self.record.has_objects or any(place < at for place in self._written_by(act))

    def _is_settled(self, act: Act) -> bool:
        """Whether a client knows what it did to the entry later, after all that came of ``act``."""
        last = max(self._written_by(act), default=act.last)
        return any(
            (other.place, other.role) == (act.place, "client")
            and other.outcome in ("gone", "made")
            and other.began > act.ended
            and other.first > last
            for other in self.record.acts
        )

    def _written_by(self, act: Act) -> Iterator[int]:
        """The places of what the requests of an act wrote, also after their sender had given up."""
        for call in self.record.calls:
            if call.actor == act.actor and act.began <= call.sent <= act.ended:
                yield from self._places.get(call.name, ())

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        """The places of every request's writes."""
        found: dict[str, list[int]] = {}
        for place, event in enumerate(self.record.writes):
            found.setdefault(event.invocation, []).append(place)
        return found

    def _is_bare(self, target: Place, at: int) -> bool:
        """Whether what lives there is stored nowhere."""
        want = self.wants.get(target)
        if want is None or target in self._state or not want.lives(at, LAST_MINUTE):
            return False
        return not self.covers(self._state, target, want)

    def covers(self, state: Mapping[Place, Entry], target: Place, want: Want) -> bool:
        """Whether an old entry that becomes ``target`` is in ``state``, and still would."""
        return any(
            place_of(one) == target
            for source in chain((want.origin,), self._written_back.get(target, ()))
            if source is not None and source in state
            for one in self.mapping.targets(source, state[source]) or ()
        )

    @cached_property
    def wrong(self) -> list["Wrong"]:
        """Every new place that does not hold what it is to hold, in the order of their keys."""
        final, ended = self.record.final, self.record.ended
        found = []
        for place in sorted(self.wants):
            want, have = self.wants[place], final.get(place)
            if not want.anything and not self._is_right(want, have, ended):
                seen = None if have is None else self._seen(want, place, have)
                found.append(Wrong(place, want, seen, self._earlier(place, want)))
        return found

    def _earlier(self, place: Place, want: Want) -> Wanted | None:
        """What the old entry that becomes something at ``place`` would become as it was at the beginning."""
        if want.origin is None or want.origin not in self.record.start:
            return None
        targets = self.mapping.targets(want.origin, self.record.start[want.origin]) or ()
        return next((one for one in targets if place_of(one) == place), None)

    @cached_property
    def changed(self) -> list["Wrong"]:
        """Those of them that are there, but not as they are to be, by the migration alone."""
        return [one for one in self.wrong if one.stays and not one.is_overwritten(self.record)]

    def _is_right(self, want: Want, have: Entry | None, ended: int) -> bool:
        for one in want.allowed:
            over = one is None or (one.expiration is not None and one.expiration * 1000 <= ended)
            if have is None:
                if over:
                    return True
            # A row does not go away by itself: once it has ended it may still be there.
            elif one is not None and (one.shape or not over) and is_as_wanted(one, have):
                return True
        return False

    def _seen(self, want: Want, place: Place, have: Entry) -> Wanted:
        """What is there, as the first of what is wanted looks at it."""
        wanted = next((one for one in want.allowed if one is not None), None)
        return self.mapping.written(place, have) if wanted is None else read_as(wanted, place, have)


def overlap(one: Act, other: Act) -> bool:
    """Whether two acts were done at the same time."""
    return one.began <= other.ended and other.began <= one.ended


def _is_of(event: Event | None, act: Act) -> bool:
    """Whether a write was made by somebody in an act."""
    return (
        event is not None
        and act.first <= event.index < act.last
        and event.invocation.startswith(f"{act.actor}.")
    )


def soon_over(stored: Entry | None, ended: int) -> bool:
    """Whether an entry has expired, or has so little left that it may end where it is."""
    if stored is None or stored.expiration is None:
        return False
    return stored.expiration * 1000 <= ended + LAST_MINUTE * 1000
