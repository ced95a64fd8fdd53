"""Back to the source, from whatever the migration reached: resumable like the way there.

After a copy the target's keys are deleted. After a rename what was renamed is renamed back, with all that was
done to it since; what was written anew is given back from the backup, as long as nobody changed it. What the
target held is exported first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.migrations.redis.declaration import OURS
from harness.migrations.redis.inventory import HOW
from harness.migrations.redis.keyspace.backup import backup_pieces
from harness.migrations.redis.keyspace.capability import refused
from harness.migrations.redis.keyspace.errors import MigrationError, Refused, half_way
from harness.migrations.redis.keyspace.fingerprint import fingerprint
from harness.migrations.redis.keyspace.freeze import prove_frozen
from harness.migrations.redis.keyspace.journal import ROLLING_BACK, Entries
from harness.migrations.redis.keyspace.pieces import CHUNK, Piece, existing, restoring
from harness.migrations.redis.move import Move
from harness.migrations.redis.plan import COPY, Plan, Step
from harness.migrations.redis.tally import contents
from harness.model.verdict import agree
from harness.terminal.lines import some
from worker.codeq.servers.server import Command, checked

_TEMPORARY = f"{OURS}restoring:"


@dataclass(frozen=True)
class RolledBack:
    """``mode`` is the migration's; None if there was none. ``plan`` says what is, or would be, done."""

    mode: str | None
    plan: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    export: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "plan": list(self.plan),
            "refusals": list(self.refusals),
            "export": self.export,
        }


class Rollback:
    """Takes back what ``move`` says; its ``settings.backup`` is the file for the export."""

    def __init__(self, move: Move) -> None:
        self._move = move
        self._journal = move.journal

    async def look(self) -> RolledBack:
        """What it would do. Only reads. Raises ServerError."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None)
        begun = entries.phase == ROLLING_BACK
        refusals = () if begun else tuple(await self._reasons(entries))
        return RolledBack(entries.plan.mode, self._sentences(entries), refusals)

    async def apply(self) -> RolledBack:
        """Does it. Raises Refused before anything is changed, HalfDone later; then it can be called again."""
        entries = await self._journal.read()
        if entries is None:
            return RolledBack(None)
        export = entries.export
        if entries.phase != ROLLING_BACK:
            if reasons := await self._reasons(entries):
                raise Refused(reasons)
            export = await self._save()
        with half_way(lambda: "half rolled back"):
            if entries.phase != ROLLING_BACK:
                await self._journal.enter(ROLLING_BACK)
            await self._back(entries)
            await self._journal.forget()
        return RolledBack(entries.plan.mode, self._sentences(entries), (), export)

    def _sentences(self, entries: Entries[Plan]) -> tuple[str, ...]:
        renamed = [step for step in entries.plan.steps if step.renames]
        anew = [step for step in entries.plan.steps if not step.renames]
        targets = sum(len(step.targets) for step in anew)
        if entries.plan.mode == COPY:
            return (agree("{n} key{s} of the target {are} deleted, the source stays as it is", targets),)
        lines = []
        if renamed:
            lines.append(
                agree("{n} key{s} {are} renamed back, with what was done to {them} since", len(renamed))
            )
        if anew:
            given = agree("{n} key{s} {are} given back from the backup", len(anew))
            lines.append(f"{given} {entries.backup}, {targets:,} of the target deleted")
        return tuple(lines)

    async def _reasons(self, entries: Entries[Plan]) -> list[str]:
        plan = entries.plan
        done = [
            step for number, batch in enumerate(plan.batches()) if number in entries.done for step in batch
        ]
        still = await existing(self._move.source, [step.source for step in done])
        now = self._move.clock.now_ms()
        if plan.mode == COPY:
            gone = [
                one.source for one in done if one.source not in still and (one.ends < 0 or now < one.ends)
            ]
            return (
                [f"{_keys(gone)} of the source gone: nothing would be left"]
                if gone
                else await self._may(plan)
            )
        late = [step.source for step in done if step.source in still]
        if late:
            return [
                f"{_keys(late)} written at the source since the migration, and two of one name cannot both "
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
                    f"{_keys(changed)} changed at the target since the migration, and would be given back as "
                    f"the backup has them, without the change; {HOW}"
                )
        return reasons or await self._may(plan)

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

    async def _may(self, plan: Plan) -> list[str]:
        probe, other = f"{OURS}probe", f"{OURS}probe:too"
        needed: list[Command] = [*self._journal.commands, ("DEL", probe)]
        if plan.mode != COPY:
            needed += [("RENAMENX", probe, other), ("PEXPIRE", probe, 1), ("PERSIST", probe)]
        return await refused(self._move.target, needed)

    async def _save(self) -> str:
        """What is under the target's prefix into the export, read twice: its services must stand still."""
        file, seconds = self._move.settings.backup, self._move.settings.freeze_seconds
        if file is None:
            return ""
        target, prefix, export = self._move.target, self._move.declaration.target, str(file.absolute())
        before = await fingerprint(target, prefix)
        note = partial(self._journal.exporting, export)
        await prove_frozen(target, prefix, before, self._move.clock, seconds, file, note)
        self._move.on_progress(f"what the target held is in {file}")
        return export

    async def _back(self, entries: Entries[Plan]) -> None:
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

    async def _rename_back(self, steps: Sequence[Step]) -> None:
        for at in range(0, len(steps), CHUNK):
            page = steps[at : at + CHUNK]
            there = await existing(self._move.target, [step.target for step in page])
            back = await existing(self._move.target, [step.source for step in page])
            both = [step.source for step in page if step.target in there and step.source in back]
            if both:
                raise MigrationError(
                    f"{_keys(both)} at the source again, and at the target too: compare them"
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


def _keys(names: list[str]) -> str:
    return f"{agree('{n} key{s} {were}', len(names))} ({some(names)})"
