"""The flags of ``rehearse redis``."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from harness import Flags, ParameterError, command_line
from harness.migrations.redis.crashes import Scenario
from harness.migrations.redis.keyspace.passwords import Secrets, with_variables
from kvstore.text.printable import printable
from worker.codeq import PROFILES

EXPLORE = ("crashes",)
ONE_RUN = "one run of --explore again, from the line that its report shows"
_OF_A_SEARCH = ("--explore", "--scenario", "--json", "--html")


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Adds them."""
    flags = Flags(parser)
    add = flags.add
    add("plan", type=Path, metavar="PLAN", help="the YAML file that declares the migration")
    add(
        "--from",
        dest="source",
        metavar="SOURCE",
        help="redis://… that holds the source, only read without --apply; or a backup file",
    )
    add("--to", metavar="URL", help="another server to move to (default: within the source's)")
    add("--apply", action="store_true", help="do it, instead of rehearsing it on a copy")
    add("--rollback", action="store_true", help="the way back: what it would do; with --apply, go it")
    add(
        "--keep-changes",
        action="store_true",
        help="with --rollback: what was done at the target since the migration goes back too, by the plan's "
        "rules backwards",
    )
    add(
        "--keep-source", action="store_true", help="copy, and leave the source as it is: the instant way back"
    )
    add(
        "--accept-defects",
        action="store_true",
        help="go on in spite of keys that no rule matches, ids without a record or repeated, and invariants "
        "that do not hold",
    )
    add(
        "--backup",
        type=Path,
        metavar="FILE",
        help="the backup that --apply writes first (NAME-MOMENT.jsonl), or the export of --rollback",
    )
    add("--explore", choices=EXPLORE, help="a crash before every single command, there and back, on copies")
    add("--scenario", type=scenario, metavar="LINE", help=ONE_RUN)
    add("--on", metavar="URL", help="an empty server for rehearsals and searches (default: embedded)")
    add(
        "--server",
        choices=PROFILES,
        default=PROFILES[0],
        help=f"which server's behaviour the copy emulates ({PROFILES[0]})",
    )
    flags.json()
    flags.quiet()


def refused(options: argparse.Namespace) -> str | None:
    """Why options do not go together; None if they do."""
    if options.source is None:
        return "which keyspace is to be moved? Name it with --from: redis://… or a backup file"
    real = "://" in options.source
    for flag, given in (("--apply", options.apply), ("--rollback", options.rollback), ("--to", options.to)):
        if given and not real:
            return f"{flag} needs a server in --from, redis://…: {options.source} is a file"
    searches = "--scenario" if options.scenario else "--explore" if options.explore else ""
    if searches and (options.apply or options.rollback):
        return f"{searches} works on copies, and takes no --apply and no --rollback"
    if options.on and (options.apply or options.rollback):
        return "--on is for rehearsals and searches, and takes no --apply and no --rollback"
    if options.keep_changes and not options.rollback:
        return "--keep-changes is for the way back, and goes with --rollback"
    if options.backup and not options.apply:
        return "--backup is written with --apply only"
    return None


def on_progress(options: argparse.Namespace) -> Callable[[str], None]:
    """Says how far it is, on standard error, unless it is to be quiet."""

    def say(text: str) -> None:
        if not options.quiet:
            print(f"  {printable(text)}", file=sys.stderr, flush=True)

    return say


def scenario(text: str) -> Scenario:
    """A scenario from its line."""
    try:
        return Scenario.read(text)
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def replay(options: argparse.Namespace, secrets: Secrets) -> Callable[[Scenario], str]:
    """The command that runs a scenario of the search again that ``options`` ask for."""
    kept, words = ["rehearse"], iter(options.given)
    for word in words:
        name, equals, _ = word.partition("=")
        if len(name) <= len("--") or not any(flag.startswith(name) for flag in _OF_A_SEARCH):
            kept.append(word)
        elif not equals:
            next(words, None)
    return lambda one: with_variables(command_line([*kept, "--scenario", str(one)]), secrets)
