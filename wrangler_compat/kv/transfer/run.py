"""A transfer: plan, carry over in parts, verify. A part is written before the journal says that it is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kvstore.clock import Clock
from kvstore.figures import whole
from kvstore.javascript.json_text import parse
from kvstore.store import Entry
from wrangler_compat.kv.transfer.ends import Entries, From, To
from wrangler_compat.kv.transfer.journal import Journal, Named, Progress

OnProgress = Callable[[str, int, int], None]


@dataclass
class Outcome:
    """What came of it, and which entries are ``different`` at the end, of so many ``verified``.

    ``repeated`` are items of a file whose key comes again in it.
    """

    progress: Progress
    applied: bool
    verified: int = 0
    different: Named = field(default_factory=Named)
    repeated: Named = field(default_factory=Named)

    @property
    def is_whole(self) -> bool:
        """Whether everything that lives is there as it was."""
        return not self.progress.kept.count and not self.different.count

    def as_json(self) -> dict[str, Any]:
        done = self.progress
        return {
            "applied": self.applied,
            "entries": done.seen,
            "written" if self.applied else "toWrite": done.written,
            "bytes": done.bytes,
            "alreadyThere": done.same,
            "keptAsTheyAre": {"count": done.kept.count, "keys": done.kept.keys},
            "expiring": {"count": done.expiring.count, "keys": done.expiring.keys},
            "repeated": {"count": self.repeated.count, "keys": self.repeated.keys},
            "verified": self.verified,
            "different": {"count": self.different.count, "keys": self.different.keys},
            "whole": self.is_whole,
        }


@dataclass(frozen=True)
class Transfer:
    """From ``source`` to ``target``, at the time of ``clock``.

    ``on_progress`` gets what is done, how often, and of how many.
    """

    source: From
    target: To
    clock: Clock
    on_progress: OnProgress

    async def carry(self, progress: Progress, journal: Journal | None) -> Progress:
        """Go on from ``progress`` to the end; without a journal nothing is written anywhere: a dry run."""
        async for entries, position in self.source.parts(progress.position):
            new = await self._sorted_out(entries, progress)
            if new and journal is not None:
                await self.target.write(new)
            for key, entry in new.items():
                progress.wrote(key, entry)
            progress.seen += len(entries)
            progress.position, progress.at = position, self.target.position()
            if journal is not None:
                journal.keep(progress)
            self.on_progress(
                "carried over" if journal is not None else "looked at", progress.seen, progress.of
            )
        return progress

    async def _sorted_out(self, entries: Entries, progress: Progress) -> dict[str, Entry]:
        """Those that are to be written: they live long enough, and nothing is there."""
        living = {key: entry for key, entry in entries.items() if self._lives(entry)}
        for key in entries.keys() - living.keys() if len(living) < len(entries) else ():
            progress.expiring.add(key)
        present = await self.target.present(living)
        for key, there in present.items():
            if _is_same(living[key], there):
                progress.same += 1
            else:
                progress.kept.add(key)
        return {key: entry for key, entry in living.items() if key not in present}

    def _lives(self, entry: Entry) -> bool:
        left = self.target.minimum_ttl * 1000
        return entry.expiration is None or entry.expiration * 1000 > self.clock.now_ms() + left

    async def verify(self, outcome: Outcome) -> None:
        """Read everything that lives again, at both ends.

        Where that differs in an account it is asked once more when everybody sees what was written.
        """
        kept = set(outcome.progress.kept.keys)
        waited = False
        async for entries, _ in self.source.parts({}):
            living = {k: one for k, one in entries.items() if self._lives(one) and k not in kept}
            different = await self._different(living)
            if different and self.target.is_account and not waited:
                await self.clock.sleep(whole("kv.list_lag"))
                waited = True
            if different and self.target.is_account:
                different = await self._different({key: living[key] for key in different})
            for key in different:
                outcome.different.add(key)
            outcome.verified += len(living)
            self.on_progress("verified", outcome.verified, outcome.progress.of)

    async def _different(self, entries: Entries) -> list[str]:
        present = await self.target.present(entries)
        return [key for key, one in entries.items() if key not in present or not _is_same(one, present[key])]


def _is_same(entry: Entry, there: Entry) -> bool:
    """Whether two entries are the same, however their metadata is written."""
    if entry == there:
        return True
    if (entry.value, entry.expiration) != (there.value, there.expiration):
        return False
    return all(one.metadata is not None for one in (entry, there)) and _parsed(entry) == _parsed(there)


def _parsed(entry: Entry) -> Any:
    return parse(entry.metadata or "null")
