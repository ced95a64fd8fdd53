"""The commands of ``rehearse``: its own, and those of the migrations that are installed beside it.

A package that brings a migration names its commands as entry points of the group `GROUP`::

    [project.entry-points."understudy.migrations"]
    boards = "boards.migration:BOARDS"

The name is what is typed after ``rehearse``; what it leads to is a `Command`.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from harness.terminal.exit_codes import USAGE
from harness.terminal.output import TIMEOUT_SECONDS, Output, Plan, Report

GROUP: Final = "understudy.migrations"


class CannotStart(Exception):
    """A command cannot do what it was asked for, and nothing was done: in a sentence."""


@dataclass(frozen=True)
class Command:
    """``help`` says in a line what it is for, ``epilog`` shows it used.

    ``flags`` adds what it takes to a parser, ``refused`` says why options do not go together, ``plan`` what
    is known before the work begins. ``run`` does it, and raises CannotStart: the options have what was typed
    as ``given``, and where they have a ``json_file`` a Report is written to it. They are called only for the
    command that is typed: what needs a package of its own is imported there.
    """

    help: str
    epilog: str
    flags: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], Report | Output]
    refused: Callable[[Namespace], str | None] = lambda options: None
    plan: Callable[[Namespace], Plan] = lambda options: Plan(
        "nothing but the copy was touched", getattr(options, "timeout", TIMEOUT_SECONDS)
    )
    is_default: bool = False  # what is meant where no command is typed
    # What `rehearse mutate NAME` makes mistakes in: a harness.mutation.target.Target, by the options.
    mutated: Callable[[Namespace], Any] | None = None


def later(place: str) -> Callable[..., Any]:
    """The function at ``place``, such as ``"boards.flags:add_flags"``, imported when it is called first.

    What a command needs is so not imported for its line of help.
    """

    def call(*given: Any) -> Any:
        module, _, name = place.partition(":")
        return getattr(import_module(module), name)(*given)

    return call


def installed() -> dict[str, Command]:
    """Every command that is installed, by its name; one that cannot be loaded says so when it is used."""
    found = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return {entry.name: _load(entry) for entry in found}


def _load(entry: EntryPoint) -> Command:
    try:
        command = entry.load()
    except Exception as error:  # somebody else's code
        return _broken(entry, f"{type(error).__name__}: {error}")
    return command if isinstance(command, Command) else _broken(entry, "it is not a harness.Command")


def _broken(entry: EntryPoint, why: str) -> Command:
    def fail(parser: ArgumentParser) -> None:
        parser.error(f"the command {entry.name} cannot be loaded from {entry.value}: {why}")

    return Command(f"cannot be loaded: {why}", "", fail, lambda options: Output(USAGE))
