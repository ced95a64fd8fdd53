"""The flags of ``rehearse codeq``, and what those mean that several verbs share."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness import Flags
from harness.migrations.codeq.option_b.claim_script import read_claim_script
from harness.migrations.codeq.option_b.plan import Settings
from harness.migrations.codeq.rehearsal.rehearse import OPTIONS
from harness.migrations.codeq.services.seed import WORKERS
from harness.migrations.redis.flags import ONE_RUN, scenario
from harness.terminal.numbers import A_YEAR, seed
from worker.codeq import PROFILES

_MOST_TASKS = 1_000_000
VERBS = {
    "rehearse": "all of it on a copy; or, with --codeq-url, the checklist against a codeQ that runs",
    "migrate": "move a real keyspace",
    "stragglers": "move what the old service wrote afterwards",
    "rollback": "go back",
    "convert": "make sets of the in-progress lists of a codeQ before 1.1",
    "backup": "write the legacy: keys to a file",
    "restore": "write a backup, or the example, to a server",
    "hazards": "show each known hazard",
}
_CHANGES = ("migrate", "stragglers", "rollback", "convert", "restore")
_MOVES = ("rehearse", "migrate")
_MAKES = ("rehearse", "restore")
_REHEARSE = ("rehearse",)


class _Elsewhere(argparse.Action):
    """A flag of other verbs, which ``const`` names behind this one."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        verb, others = self.const
        parser.error(_elsewhere(verb, self.option_strings[-1], others))


def _elsewhere(verb: str, flag: str, others: Sequence[str]) -> str:
    return f"{verb} takes no {flag}, which is for {', '.join(others)}"


class _Verbs(Flags):
    """The verbs of each flag."""

    def __init__(self) -> None:
        self.known: dict[str, Sequence[str]] = {}

    def add(self, *names: str, verbs: Sequence[str] = tuple(VERBS), **_: Any) -> None:
        self.known.update(dict.fromkeys(names, verbs))


class _Flags(Flags):
    """Adds the flags of a verb to ``parser``, and refuses those of others.

    Values that are not given are the outer parser's, since flags may stand before the verb too.
    """

    def __init__(self, parser: argparse.ArgumentParser, verb: str, *, outer: bool = False) -> None:
        super().__init__(parser)
        self._verb = verb
        self._outer = outer

    def add(self, *names: str, verbs: Sequence[str] = tuple(VERBS), **options: Any) -> None:
        switch = options.get("action") == "store_true"
        options.setdefault("default", False if switch else None)
        if not self._outer:
            options["default"] = argparse.SUPPRESS
        if self._verb in verbs:
            self._parser.add_argument(*names, **options)
            return
        self._parser.add_argument(
            *names,
            action=_Elsewhere,
            nargs=0 if switch else None,
            dest=options.get("dest", names[-1].removeprefix("--").replace("-", "_")),
            default=options["default"],
            const=(self._verb, verbs),
            help=argparse.SUPPRESS,
        )


def add_flags(codeq: argparse.ArgumentParser) -> None:
    """Adds what ``rehearse codeq`` takes: flags of a rehearsal, or a verb with flags of its own."""
    _add_all(_Flags(codeq, "rehearse", outer=True))
    verbs = codeq.add_subparsers(
        dest="verb",
        metavar="VERB",
        title="verbs",
        description="rehearse is meant without one; what changes a server is a dry run without --apply",
    )
    for name, text in VERBS.items():
        _add_all(_Flags(verbs.add_parser(name, help=text, description=text), name))
    codeq.set_defaults(verb="rehearse")


def refused(options: argparse.Namespace) -> str | None:
    """Why a flag that stands before the verb is not for that one; None if all are."""
    words, verb = options.given[1:], options.verb
    all_flags = _Verbs()
    _add_all(all_flags)
    for word in words[: words.index(verb)] if verb in words else ():
        name = word.partition("=")[0]
        if verb not in all_flags.known.get(name, (verb,)):
            return _elsewhere(verb, name, all_flags.known[name])
    return None


def _add_all(flags: Flags) -> None:
    _add_place(flags)
    _add_terms(flags)
    _add_rehearsal(flags)
    flags.json()
    flags.html(verbs=_REHEARSE)
    flags.quiet()


def _add_place(flags: Flags) -> None:
    flags.add(
        "--from",
        verbs=_MAKES,
        dest="source",
        metavar="SOURCE",
        help="a backup file, or redis://… whose legacy: keys are copied; only read (default: an example)",
    )
    flags.add(
        "--redis", metavar="URL", help="the server to work on; a rehearsal takes an embedded one by default"
    )
    what = "which server's behaviour to emulate (redis7)"
    flags.add("--server", choices=PROFILES, default=PROFILES[0], help=what)
    flags.add("--option", verbs=_MOVES, choices=OPTIONS, default="b", help="the guide's option (b)")
    what = "not a rehearsal but the checklist, against the codeQ that runs there on --redis"
    flags.add("--codeq-url", verbs=_REHEARSE, metavar="URL", help=what)
    what = "for --codeq-url: JSON with the tokens producer, worker, admin, and those to be refused"
    flags.add("--tokens", verbs=_REHEARSE, type=Path, metavar="FILE", help=what)
    flags.switch("--apply", verbs=_CHANGES, help="do it, instead of saying what would be done")


def _add_terms(flags: Flags) -> None:
    what = "copy, and leave legacy: as it is: the instant way back"
    flags.switch("--keep-source", verbs=_MOVES, help=what)
    what = "move ids that codeQ would drop or run again as they are"
    flags.switch("--accept-defects", verbs=_MOVES, help=what)
    what = "pending tasks go to the tier of their priority; the guide puts all in tier 0"
    flags.switch("--tiers", verbs=_MOVES, help=what)
    what = "every lease lasts at least so long after the migration (default: unchanged)"
    flags.number("--lease-seconds", 0, A_YEAR, what, verbs=_MOVES, default=0)
    flags.add(
        "--claim-script",
        verbs=_MOVES,
        type=Path,
        metavar="FILE",
        help="codeQ's own claim script, checked by its sha1 and loaded as the last step: KVRocks before "
        "2.9 needs it, again after each restart",
    )
    flags.add(
        "--backup",
        verbs=("rehearse", "migrate", "rollback", "backup"),
        type=Path,
        metavar="FILE",
        help="the backup that is written first (legacy-backup.jsonl when migrating for real), or what "
        "rollback writes (codeq-export.jsonl)",
    )


def _add_rehearsal(flags: Flags) -> None:
    flags.number("--tasks", 0, _MOST_TASKS, "how many tasks the example has (200)", verbs=_MAKES, default=200)
    what = "seconds that pass during the freeze (0)"
    flags.number("--freeze", 0, A_YEAR, what, verbs=_REHEARSE, default=0)
    flags.number("--deadline", 0, A_YEAR, "option a's, in seconds (600)", verbs=_MOVES, default=600)
    what = "the subs of workers' tokens, to find leases of anybody else"
    flags.add("--workers", verbs=_MOVES, metavar="SUB,…", help=what)
    what = "how many tasks of each queue are claimed and finished at the end (1000)"
    flags.number("--deliver", 0, _MOST_TASKS, what, verbs=_REHEARSE, default=1000)
    what = "a crash before every single command of option b, and of its way back"
    flags.add("--explore", verbs=_REHEARSE, choices=("crashes",), help=what)
    flags.add("--scenario", verbs=_REHEARSE, type=scenario, metavar="LINE", help=ONE_RUN)
    flags.add("--seed", verbs=_MAKES, type=seed, default=1, help="where simulated chance begins (1)")


def settings(options: argparse.Namespace, *, freeze_seconds: float, backup: Path | None = None) -> Settings:
    """How to migrate. Raises Refused for a file that is not what it is given for."""
    return Settings(
        keep_source=options.keep_source,
        accept_defects=options.accept_defects,
        freeze_seconds=freeze_seconds,
        lease_seconds=options.lease_seconds,
        backup=backup,
        split=options.tiers,
        workers=workers(options),
        every_id=options.json_file is not None,
        claim_script=read_claim_script(options.claim_script) if options.claim_script else "",
    )


def workers(options: argparse.Namespace) -> frozenset[str] | None:
    """The subs that workers' tokens will carry; the example's are known."""
    if options.workers:
        return frozenset(options.workers.split(","))
    example = options.verb == "rehearse" and options.source is None and options.codeq_url is None
    return frozenset(WORKERS) if example else None
