"""``rehearse mutate``: how much a GO of the user's own migration is worth."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from harness.cli.run import Wanted, open_migration
from harness.explore.workforce import Processes
from harness.migration import MigrationError
from harness.mutation.declared import DeclaredTarget
from harness.mutation.hunt import Hunt, Hunter
from harness.mutation.report import Reported, as_json, as_text
from harness.mutation.results import Results, drawn, hunted, mutants_in
from harness.mutation.target import Target, not_taken
from harness.terminal.command import CannotStart, installed
from harness.terminal.exit_codes import HELD, INCONCLUSIVE, INTERRUPTED, VIOLATED
from harness.terminal.numbers import MOST_SEED
from harness.terminal.output import Report
from harness.terminal.progress import Progress
from kvstore import SystemEntropy
from kvstore.clock import stopwatch

# What only a migration that a file declares has.
_OF_FILES: Final = ("--from", "--at", "--stage", "--conditions", "--seeds")


def run_mutate(options: argparse.Namespace) -> Report:
    """Rehearse a migration, and hunt the mistakes that can be made in one of its Workers.

    What was hunted until Ctrl-C is reported. Raises MigrationError, SourceError, ConfigError, StoreError and
    CannotStart.
    """
    start = stopwatch()
    with (
        Progress(sys.stderr, enabled=not options.quiet) as progress,
        closing(Processes(options.jobs or os.cpu_count() or 1, options.timeout)) as workforce,
    ):
        target = _target(options)
        files = target.files
        every = [one for one in mutants_in(target.folder, files) if (options.only or "") in str(one)]
        if not every:
            raise MigrationError(_why_none(target.folder, files, options.only))
        seed = SystemEntropy().below(MOST_SEED) if options.seed is None else options.seed
        mutants = drawn(every, options.sample, seed)
        prepared = target.prepared(mutants, workforce, progress)
    hunter = Hunter(target.load, prepared.probes, options.seconds)
    with (
        Progress(sys.stderr, enabled=not options.quiet) as progress,
        closing(Processes(workforce.workers, options.seconds)) as workforce,
    ):
        hunts, stopped = _all(hunter, mutants, workforce, progress)
    results = Results(hunts, len(mutants), len(every))
    again = ["mutate", *target.again, *_again(options, seed)]
    sample = f"{len(mutants):,} of the {len(every):,}" if len(mutants) < len(every) else f"{len(every):,}"
    many = "" if sample == "1" else "s"
    head = [
        target.line,
        prepared.as_it_is,
        f"{sample} small mistake{many} in the Worker ({target.folder}), --seed {seed}.",
    ]
    reported = Reported(head, target.folder, prepared.verdict, again, options.at_least)
    seconds = stopwatch() - start
    exit_code = INTERRUPTED if stopped else _exit_code(results, options.at_least)
    return Report(as_json(reported, results, seconds), as_text(reported, results, seconds), exit_code)


def _why_none(folder: Path, files: Sequence[Path], only: str | None) -> str:
    if not files:
        return f"the Worker in {folder} has no code of its own: mistakes are not made in packages and tests"
    if only:
        return f"no mistake in {folder} has {only!r} in its FILE:LINE [RULE]: change --only, or leave it out"
    return f"the Worker's files in {folder} have nothing in which a mistake could be made"


def _target(options: argparse.Namespace) -> Target:
    """What is to have the mistakes: that of a migration that is installed, or what a file declares."""
    command = installed().get(str(options.file))
    if command is not None and command.mutated is not None:
        if typed := not_taken(options, _OF_FILES):
            raise CannotStart(f"rehearse mutate {options.file} takes no {', '.join(typed)}")
        target: Target = command.mutated(options)
        return target
    wanted = Wanted(
        options.file,
        options.sources,
        options.at,
        None,
        options.conditions,
        options.seeds or Wanted.seeds,
        options.jobs,
        None,
        options.timeout,
    )
    return DeclaredTarget(wanted, open_migration(wanted), options.stage)


def _all(
    hunter: Hunter, mutants: list[Any], workforce: Processes, progress: Progress
) -> tuple[list[Hunt], bool]:
    """The hunts, and whether somebody stopped them."""
    hunts: list[Hunt] = []
    try:
        for hunt in hunted(hunter, mutants, workforce, progress.hunted):
            hunts.append(hunt)
    except KeyboardInterrupt:
        return hunts, True
    return hunts, False


def _again(options: argparse.Namespace, seed: int) -> list[str]:
    given = ["--seed", str(seed)]
    for flag, value in (
        ("--stage", options.stage if options.stage != "after" else None),
        ("--only", options.only),
        ("--conditions", options.conditions if options.conditions != Wanted.conditions else None),
        ("--seeds", options.seeds and f"{options.seeds.start}-{options.seeds.stop - 1}"),
        ("--sample", options.sample),
        ("--seconds", options.seconds if not_taken(options, ["--seconds"]) else None),
    ):
        given += [] if value is None else [flag, str(value)]
    return given


def _exit_code(results: Results, at_least: int | None) -> int:
    if results.share is None:
        return INCONCLUSIVE
    return VIOLATED if at_least is not None and results.share < at_least else HELD
