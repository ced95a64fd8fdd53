"""Back to what the source was: by the old names, and from the backup.

After a copy the target's keys are deleted. After a rename what was renamed is renamed back, with all that was
done to it since; what was written anew is given back from the backup, as long as nobody changed it.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from harness.migrations.redis.keyspace.backup import backup_pieces
from harness.migrations.redis.keyspace.errors import MigrationError
from harness.migrations.redis.keyspace.journal import Entries
from harness.migrations.redis.keyspace.pieces import CHUNK, Piece, existing, restoring
from harness.migrations.redis.mapping.inventory import HOW
from harness.migrations.redis.mapping.plan import COPY, Plan, Step
from harness.migrations.redis.mapping.tally import contents
from harness.migrations.redis.moving.move import Move
from harness.migrations.redis.planfile.declaration import OURS
from harness.model.verdict import agree
from harness.terminal.lines import some
from worker.codeq.servers.server import Command, checked

_TEMPORARY = f"{OURS}restoring:"


class FromBackup:
    """The way back of ``move`` to what the backup has: what was changed at the target since is refused."""

    name = "from the backup"

    def __init__(self, move: Move) -> None:
        self._move = move

    def commands(self, mode: str) -> list[Command]:
        """What it will ask of the server."""
        probe, other = f"{OURS}probe", f"{OURS}probe:too"
        if mode == COPY:
            return [("DEL", probe)]
        return [("DEL", probe), ("RENAMENX", probe, other), ("PEXPIRE", probe, 1), ("PERSIST", probe)]

    async def sentences(self, entries: Entries[Plan]) -> list[str]:
        """What it does, for people."""
        renamed = [step for step in entries.plan.steps if step.renames]
        anew = [step for step in entries.plan.steps if not step.renames]
        targets = sum(len(step.targets) for step in anew)
        if entries.plan.mode == COPY:
            return [agree("{n} key{s} of the target {are} deleted, the source stays as it is", targets)]
        lines = []
        if renamed:
            lines.append(
                agree("{n} key{s} {are} renamed back, with what was done to {them} since", len(renamed))
            )
        if anew:
            given = agree("{n} key{s} {are} given back from the backup", len(anew))
            lines.append(f"{given} {entries.backup}, {targets:,} of the target deleted")
        return lines

    async def reasons(self, entries: Entries[Plan]) -> list[str]:
        """Why it may not start, beside what the server refuses."""
        done = done_steps(entries)
        if entries.plan.mode == COPY:
            return await gone(self._move, done)
        still = await existing(self._move.source, [step.source for step in done])
        late = [step.source for step in done if step.source in still]
        if late:
            return [
                f"{keys_of(late)} written at the source since the migration, and two of one name cannot both "
                "come back: compare them, and take what is at the source away by hand"
            ]
        anew = [step for step in done if not step.renames]
        reasons = []
        if anew and not (entries.backup and Path(entries.backup).is_file()):
            reasons.append(f"the backup {entries.backup or '(none was taken)'} is not there, and is needed")
        if anew and not self._move.settings.accept_defects:
            changed = await self._changed(anew)
            if changed:
                reasons.append(
                    f"{keys_of(changed)} changed at the target since the migration, and would be given back "
                    f"as the backup has them, without the change; {HOW}, or take them along with "
                    "--keep-changes"
                )
        return reasons

    async def settle(self, entries: Entries[Plan]) -> None:
        """Nothing needs to be known of how far the migration came."""

    async def _changed(self, steps: Sequence[Step]) -> list[str]:
        changed = []
        for rule, group in groupby(steps, key=lambda step: step.rule):
            ways = [(step, key) for step in group for key in step.targets]
            for at in range(0, len(ways), CHUNK):
                page = ways[at : at + CHUNK]
                kind = self._move.declaration.rules[rule].becomes
                planned = {key: step.targets[key] for step, key in page}
                found = await contents(self._move.target, planned, kind)
                for step, key in page:
                    over = key not in found and 0 <= step.ends <= self._move.clock.now_ms()
                    if found.get(key) != planned[key] and not over:
                        changed.append(key)
        return changed

    async def go(self, entries: Entries[Plan]) -> int:
        """Does it, or what is left of it; how many members were moved one by one."""
        plan = entries.plan
        anew: dict[str, Step] = {}
        for step in reversed(plan.steps):
            if not step.renames:
                anew[step.source] = step
        if plan.mode != COPY:
            await self._rename_back([step for step in reversed(plan.steps) if step.renames])
            there = await existing(self._move.source, list(anew))
            # What is there is whole: it was never taken away, or has been given back.
            missing = {key: step for key, step in anew.items() if key not in there}
            if missing:
                await self._give_back(missing, Path(entries.backup))
        targets = [target for step in anew.values() for target in step.targets]
        for at in range(0, len(targets), CHUNK):
            await self._move.target.call("DEL", *targets[at : at + CHUNK])
        return 0

    async def _rename_back(self, steps: Sequence[Step]) -> None:
        for at in range(0, len(steps), CHUNK):
            page = steps[at : at + CHUNK]
            there = await existing(self._move.target, [step.target for step in page])
            back = await existing(self._move.target, [step.source for step in page])
            both = [step.source for step in page if step.target in there and step.source in back]
            if both:
                raise MigrationError(
                    f"{keys_of(both)} at the source again, and at the target too: compare them"
                )
            commands: list[Command] = []
            for step in page:
                if step.target not in there:
                    continue
                if step.ends >= 0:  # which a rule may have dropped
                    commands.append(("PEXPIRE", step.target, max(step.ends - self._move.clock.now_ms(), 1)))
                commands.append(("RENAMENX", step.target, step.source))
            checked(await self._move.target.pipeline(commands))

    async def _give_back(self, steps: dict[str, Step], backup: Path) -> None:
        """Each key under another name first, so that what is there under its own is whole."""
        commands: list[Command] = []
        whole: list[str] = []
        size = 0
        for key, group in groupby(backup_pieces(backup), key=lambda piece: piece.key):
            step, now = steps.get(key), self._move.clock.now_ms()
            if step is None or 0 <= step.ends <= now:
                continue
            left = step.ends - now if step.ends >= 0 else -1
            temporary = f"{_TEMPORARY}{key}"
            commands.append(("DEL", temporary))
            for piece in group:
                if size >= CHUNK:
                    checked(await self._move.target.pipeline(commands))
                    commands, size = [], 0
                commands += restoring(Piece(temporary, piece.type, piece.value, left))
                size += len(piece.value) if isinstance(piece.value, list) else 1
            whole.append(key)
            if size >= CHUNK:
                await self._name(commands, whole)
                commands, whole, size = [], [], 0
        await self._name(commands, whole)

    async def _name(self, commands: list[Command], keys: list[str]) -> None:
        """Names keys as they were once ``commands`` have written them."""
        checked(await self._move.target.pipeline(commands))
        names: list[Command] = [("RENAMENX", f"{_TEMPORARY}{key}", key) for key in keys]
        named = checked(await self._move.target.pipeline(names))
        # A backup may have a string twice.
        twice = [f"{_TEMPORARY}{key}" for key, new in zip(keys, named, strict=True) if not new]
        if twice:
            await self._move.target.call("DEL", *twice)


def done_steps(entries: Entries[Plan]) -> list[Step]:
    """The steps that the journal says are done."""
    batches = enumerate(entries.plan.batches())
    return [step for number, batch in batches if number in entries.done for step in batch]


async def gone(move: Move, steps: Sequence[Step]) -> list[str]:
    """Why a copy may not be deleted: sources are gone that had no end, or have not come to it."""
    there = await existing(move.source, [step.source for step in steps])
    now = move.clock.now_ms()
    missing = [one.source for one in steps if one.source not in there and (one.ends < 0 or now < one.ends)]
    if not missing:
        return []
    text = agree("{n} key{s} of the source {are} gone", len(missing))
    return [f"{text} ({some(missing)}): nothing would be left"]


def keys_of(names: list[str]) -> str:
    """``2 keys were (a, b)``."""
    return f"{agree('{n} key{s} {were}', len(names))} ({some(names)})"
