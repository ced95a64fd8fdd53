"""``kv export``, ``kv import`` and ``kv copy``: one transfer, whose ends are named in three ways."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from kvstore.clock import duration, stopwatch
from kvstore.copies.export_file import format_of, read_export
from kvstore.text.printable import printable
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.kv.diff import PLACES, namespace_id
from wrangler_compat.kv.keys import warn_of_damage
from wrangler_compat.kv.namespace import Namespace
from wrangler_compat.kv.target import check_selector, is_remote, open_namespace
from wrangler_compat.kv.transfer.ends import FileFrom, FileTo, From, NamespaceEnd, To
from wrangler_compat.kv.transfer.journal import Journal, Named, Progress
from wrangler_compat.kv.transfer.pace import Plan
from wrangler_compat.kv.transfer.run import Outcome, Transfer

_SHOWN: Final = 12


async def export_namespace(invocation: Invocation) -> int:
    """From the namespace that the flags name to a new file."""
    return await _between(invocation, _selected(invocation), invocation.arguments.words[0], to_file=True)


async def import_file(invocation: Invocation) -> int:
    """From a file to the namespace that the flags name."""
    return await _between(invocation, invocation.arguments.words[0], _selected(invocation), from_file=True)


async def copy_entries(invocation: Invocation) -> int:
    """From one place to another: a file, a binding or an id, with ``local:`` or ``remote:`` before it."""
    return await _between(invocation, *invocation.arguments.words[:2])


def _selected(invocation: Invocation) -> str:
    check_selector(invocation.arguments)
    arguments = invocation.arguments
    where = "remote" if is_remote(arguments) else "local"
    return f"{where}:{arguments.text('binding') or arguments.text('namespace-id')}"


async def _between(
    invocation: Invocation, source: str, target: str, *, from_file: bool = False, to_file: bool = False
) -> int:
    async with Opened(invocation) as opened:
        start = await opened.source(source, is_file=from_file)
        end = await opened.place(target, is_file=to_file, is_target=True)
        return await _transfer(invocation, start, end)


@dataclass(frozen=True)
class _File:
    """A file, as it was named."""

    path: Path
    name: str


Place = NamespaceEnd | _File


class Opened:
    """What was named, as long as a command works with it; a context manager that closes it."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._namespaces: list[Namespace] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for namespace in self._namespaces:
            await namespace.close()

    @property
    def _prefix(self) -> str:
        return self._invocation.arguments.text("prefix") or ""

    async def source(self, name: str, *, is_file: bool = False) -> From:
        """Where entries come from. Raises CommandError."""
        place = await self.place(name, is_file=is_file)
        if isinstance(place, NamespaceEnd):
            return place
        return FileFrom(place.path, place.name, self._prefix, self._invocation.clock)

    async def place(self, name: str, *, is_file: bool = False, is_target: bool = False) -> Place:
        """A namespace, or a file. Raises CommandError."""
        invocation = self._invocation
        where, colon, rest = name.partition(":")
        known = bool(colon) and where in PLACES
        path = Path(os.path.normpath(invocation.folder / name))
        looks_like_file = bool(path.suffix) and not known
        # Asked so that a name too long for a file is one of nothing.
        if is_file or os.path.isfile(path) or (is_target and looks_like_file):  # noqa: PTH113
            return _File(path, name)
        remote = PLACES[where] if known else is_remote(invocation.arguments)
        found = await namespace_id(invocation, rest if known else name, remote)
        namespace = open_namespace(invocation, found, remote=remote)
        self._namespaces.append(namespace)
        await warn_of_damage(namespace, invocation.console)
        display = f"{'remote' if remote else 'local'}:{found}"
        return NamespaceEnd(namespace, display, self._prefix, is_account=remote)


async def _transfer(invocation: Invocation, source: From, end: Place) -> int:
    arguments, console, clock = invocation.arguments, invocation.console, invocation.clock
    prefix = arguments.text("prefix") or ""
    shown = end.name if isinstance(end, _File) else end.display
    applied = isinstance(end, _File) or not end.is_account or bool(arguments.switch("apply"))
    journal = Journal(invocation.project.root, f"{source.display} {prefix}", shown)
    before = journal.read() if applied else None
    if isinstance(end, _File) and end.path.exists():
        raise CommandError(f"{end.name} exists already: choose another name, or remove the file")
    progress = before or Progress(of=await source.count())
    if before is not None:
        console.say(f"Going on after {before.seen:,} of {before.of:,} entries ({journal.path})")
    target: To = _file(invocation, end, progress) if isinstance(end, _File) else end
    plan = Plan(progress.of, source.is_account, target.is_account)
    console.say(f"{source.display} → {shown}: {plan.as_text()}")
    ticker = _Ticker(enabled=not console.only_data)
    transfer = Transfer(source, target, clock, ticker.show)
    try:
        await transfer.carry(progress, journal if applied else None)
        await target.finish()
        outcome = Outcome(progress, applied, repeated=source.repeated)
        if isinstance(end, _File):
            _check_file(end, progress, outcome, invocation)
        elif applied:
            await transfer.verify(outcome)
    finally:
        ticker.end()
    journal.remove()
    if console.only_data:
        console.document({"from": source.display, "to": shown, "plan": plan.as_json()} | outcome.as_json())
    else:
        _say(invocation, outcome)
    return 0 if outcome.is_whole else 1


def _file(invocation: Invocation, file: _File, progress: Progress) -> FileTo:
    """The file that is written, from where another process was stopped if that is still there."""
    form = invocation.arguments.text("format") or format_of(file.name)
    path = file.path
    partial = path.with_name(path.name + ".partial")
    size = partial.stat().st_size if partial.is_file() else 0
    if progress.at > size:
        fresh = Progress(of=progress.of)
        progress.__dict__.update(fresh.__dict__)
    return FileTo(path, file.name, form, progress.at)


def _check_file(file: _File, progress: Progress, outcome: Outcome, invocation: Invocation) -> None:
    """Read the file back: it must hold what was read from the namespace. Raises CommandError."""
    again = Progress()
    for key, entry in read_export(file.path, invocation.clock):
        again.wrote(key, entry)
    if (again.written, again.digest) != (progress.written, progress.digest):
        raise CommandError(
            f"{file.name} was read back and differs from what was written: it holds {again.written:,} "
            f"entries, {progress.written:,} were written. Remove it, and export again"
        )
    outcome.verified = again.written


def _say(invocation: Invocation, outcome: Outcome) -> None:
    console, done = invocation.console, outcome.progress
    verb = "written" if outcome.applied else "would be written"
    console.say(f"{done.written:,} entries {verb} ({done.bytes:,} bytes), {done.same:,} were there already")
    if outcome.repeated.count:
        console.say(
            f"{outcome.repeated.count:,} items were left out, as their key comes again later in the file and "
            f"the last one counts: {_some(outcome.repeated)}"
        )
    if done.kept.count:
        console.say(
            f"{done.kept.count:,} not overwritten, as these keys have another value there, perhaps newer: "
            f"{_some(done.kept)}"
        )
    if done.expiring.count:
        console.say(f"{done.expiring.count:,} left out, about to expire: {_some(done.expiring)}")
    if outcome.verified:
        console.say(f"Verified: {outcome.verified:,} entries read again at both ends")
    if outcome.different.count:
        console.say(
            f"{outcome.different.count:,} differ after the copy, changed meanwhile or badly stored: "
            f"{_some(outcome.different)}"
        )
    if not outcome.applied:
        console.say("Nothing was written: this was a dry run. To write, add --apply")


def _some(named: Named) -> str:
    shown = ", ".join(printable(key) for key in named.keys[:_SHOWN])
    more = named.count - min(len(named.keys), _SHOWN)
    return f"{shown} and {more:,} more" if more else shown


class _Ticker:
    """A line on a terminal that says how far it is, and how long it will take."""

    def __init__(self, *, enabled: bool) -> None:
        self._live = enabled and sys.stderr.isatty()
        self._began = stopwatch()
        self._first: dict[str, tuple[float, int]] = {}

    def show(self, what: str, done: int, of: int) -> None:
        if not self._live:
            return
        began, before = self._first.setdefault(what, (stopwatch(), done))
        pace = (done - before) / max(stopwatch() - began, 0.001)
        left = f", {duration((of - done) / pace)} left" if pace and of > done else ""
        sys.stderr.write(f"\r\x1b[2K   {done:,} of {of:,} entries {what}, {pace:,.0f} a second{left} …")
        sys.stderr.flush()

    def end(self) -> None:
        if self._live:
            sys.stderr.write("\r\x1b[2K")
