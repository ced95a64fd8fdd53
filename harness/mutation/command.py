"""``rehearse mutate``: how much a GO of the user's own migration is worth."""

import argparse
import os
import sys
from typing import Any

from harness.exit_codes import HELD, INCONCLUSIVE, INTERRUPTED, VIOLATED
from harness.explore.workforce import Processes
from harness.migration import MigrationError
from harness.mutation.declared import Declared, cheapest_first
from harness.mutation.hunt import Hunt, Hunter
from harness.mutation.report import Told, as_json, as_text
from harness.mutation.survey import Survey, drawn, hunted, mutants_in
from harness.numbers import MOST_SEED
from harness.output import Report
from harness.progress import Progress
from harness.run_command import Wanted, open_migration, result_of
from kvstore import SystemEntropy
from kvstore.clock import stopwatch


def run_mutate(options: argparse.Namespace) -> Report:
    """Rehearse a migration, and hunt the mistakes that can be made in one of its Workers.

    What was hunted until Ctrl-C is reported. Raises MigrationError, SourceError, ConfigError and StoreError.
    """
    start = stopwatch()
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
    progress = Progress(sys.stderr, enabled=not options.quiet)
    try:
        opened = open_migration(wanted)
        declared = Declared(opened.subject, opened.entries, options.stage)
        every = [one for one in mutants_in(declared.folder) if (options.only or "") in str(one)]
        if not every:
            raise MigrationError(
                f"there is no mistake to make in {declared.folder}: is it --only, or no Python?"
            )
        seed = SystemEntropy().below(MOST_SEED) if options.seed is None else options.seed
        mutants = drawn(every, options.sample, seed)
        result = result_of(opened, wanted, progress)
        hunter = Hunter(declared, cheapest_first(result.parts), options.seconds)
        workforce = Processes(options.jobs or os.cpu_count() or 1, options.seconds)
        hunts, stopped = _all(hunter, mutants, workforce, Progress(sys.stderr, enabled=not options.quiet))
    finally:
        progress.end()
    survey = Survey(hunts, len(mutants), len(every))
    again = ["mutate", *opened.about.again[1:], *_again(options, seed)]
    sample = f"{len(mutants):,} of the {len(every):,}" if len(mutants) < len(every) else f"{len(every):,}"
    verdict, many = result.decision.verdict.upper(), "" if sample == "1" else "s"
    head = [
        opened.about.line(),
        f"The rehearsal as it is: {verdict}, {sum(part.tally.looked.runs for part in result.parts):,} runs.",
        f"{sample} small mistake{many} in the Worker {options.stage!r} ({declared.folder}), --seed {seed}.",
    ]
    told = Told(head, declared.folder, verdict, again, options.at_least)
    seconds = stopwatch() - start
    exit_code = INTERRUPTED if stopped else _exit_code(survey, options.at_least)
    return Report(as_json(told, survey, seconds), as_text(told, survey, seconds), exit_code)


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
    finally:
        workforce.close()
        progress.end()
    return hunts, False


def _again(options: argparse.Namespace, seed: int) -> list[str]:
    given = ["--seed", str(seed)]
    for flag, value in (
        ("--stage", options.stage if options.stage != "after" else None),
        ("--only", options.only),
        ("--conditions", options.conditions if options.conditions != Wanted.conditions else None),
        ("--seeds", options.seeds and f"{options.seeds.start}-{options.seeds.stop - 1}"),
        ("--sample", options.sample),
    ):
        given += [] if value is None else [flag, str(value)]
    return given


def _exit_code(survey: Survey, at_least: int | None) -> int:
    if survey.share is None:
        return INCONCLUSIVE
    return VIOLATED if at_least is not None and survey.share < at_least else HELD
