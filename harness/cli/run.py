"""``rehearse run`` and ``rehearse new``: a migration of the user's own."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from harness.cli.skeleton import Sources, skeleton
from harness.explore.checkpoint import Checkpoint
from harness.explore.workforce import Cluster, Processes, Workforce
from harness.migration import Migration, MigrationError
from harness.model.record import Place
from harness.model.scenario import Scenario
from harness.rehearsal.declaration import remarks
from harness.rehearsal.migration_file import load_migration
from harness.rehearsal.progress import NoProgress, OnProgress
from harness.rehearsal.rehearsal import PARTS, rehearse
from harness.rehearsal.result import Result
from harness.rehearsal.subject import Subject, loaded, sampled, whole
from harness.report.about import About
from harness.report.closer import looked_into
from harness.report.document import rehearsal_document, run_document
from harness.report.page import page
from harness.report.saved import saved
from harness.report.text import as_text, run_as_text
from harness.sources.copied import OnCopied, copied
from harness.system.files import code_files
from harness.system.stages import Stages
from harness.terminal.exit_codes import HELD, VIOLATED
from harness.terminal.lines import command_line
from harness.terminal.numbers import read_moment
from harness.terminal.output import TIMEOUT_SECONDS, Output, Report
from harness.terminal.progress import Progress
from kvstore import Entry, ManualClock, StoreError, SystemClock
from kvstore.clock import stopwatch
from kvstore.conditions import CONDITIONS
from kvstore.layers.quotas import WriteRate
from kvstore.layers.trace import Trace
from kvstore.text.printable import printable_lines
from worker.program import installed_version


@dataclass(frozen=True)
class Wanted:
    """What is to be rehearsed: the migration that ``file`` declares, with the entries of ``sources``.

    ``at`` is when it begins, as ISO 8601, None for now; ``explore`` names a search or several, None for all;
    ``sample`` is with how many entries, None for all.
    """

    file: Path
    sources: Sequence[str] | None = None
    at: str | None = None
    explore: str | Sequence[str] | None = None
    conditions: str = "production"
    seeds: range = range(1, 501)
    jobs: int | None = None
    cluster: str | None = None
    timeout: float = TIMEOUT_SECONDS
    write_rate: WriteRate = "refused"
    sample: int | None = None

    @property
    def parts(self) -> Sequence[str]:
        """The searches, each once."""
        named = (self.explore,) if isinstance(self.explore, str) else self.explore
        return tuple(dict.fromkeys(named or PARTS))


def run_own(options: argparse.Namespace) -> Report:
    """Rehearse the migration that a file declares, or run one scenario of it again.

    Raises MigrationError, SourceError, ConfigError, StoreError and ClusterError.
    """
    seeds = options.seeds or Wanted.seeds
    wanted = Wanted(
        options.file,
        options.sources,
        options.at,
        options.explore,
        options.conditions,
        seeds,
        options.jobs,
        options.cluster,
        options.timeout,
        options.write_rate,
        options.sample,
    )
    with Progress(sys.stderr, enabled=not options.quiet) as progress:
        start = stopwatch()
        opened = open_migration(wanted, progress.copied)
        if options.scenario is not None:
            return run_again(opened, options.scenario, trace=options.trace, html_file=options.html_file)
        kept = None
        if options.checkpoint is not None:
            kept = Checkpoint(options.checkpoint, opened.identity(wanted))
        result = result_of(opened, wanted, progress, kept)
        seconds = stopwatch() - start
    return report_of(opened, result, seconds, options)


def report_of(opened: "Opened", result: Result, seconds: float, options: argparse.Namespace) -> Report:
    """What is said of a rehearsal, with everything that the options ask for."""
    about, html_file = opened.about, options.html_file
    document = rehearsal_document(about, result, seconds)
    if options.trace or html_file is not None:
        document = with_closer_looks(opened, result, document)
    if options.save is not None:
        saved(options.save, about, document)
    text = as_text(about, result, seconds, every=options.verbose, page=html_file)
    files = () if html_file is None else ((html_file, page(document)),)
    return Report(document, text, result.decision.exit_code, files)


def with_closer_looks(opened: "Opened", result: Result, document: dict[str, Any]) -> dict[str, Any]:
    """The document with the run of each finding, the conditions that it needs, and a run that held."""
    as_document = partial(run_document, opened.about)
    findings = [
        {**told, **looked_into(opened.subject_of(one.scenario), one, as_document, opened.about.replay)}
        for told, one in zip(document["findings"], result.damage, strict=True)
    ]
    return {**document, "findings": findings}


def rehearsed(
    wanted: Wanted,
    on_progress: OnProgress = NoProgress(),  # noqa: B008 - it has no state
) -> tuple[About, Result, float]:
    """A whole rehearsal: what it was about, what it found, and how many seconds it took."""
    start = stopwatch()
    opened = open_migration(wanted)
    return opened.about, result_of(opened, wanted, on_progress), stopwatch() - start


def result_of(
    opened: "Opened", wanted: Wanted, on_progress: OnProgress, checkpoint: Checkpoint | None = None
) -> Result:
    """What a whole rehearsal found."""
    workforce: Workforce = Cluster(wanted.cluster) if wanted.cluster else _processes(wanted)
    try:
        return rehearse(
            opened.subject,
            opened.entries,
            workforce,
            explore=wanted.parts,
            conditions=wanted.conditions,
            write_rate=wanted.write_rate,
            seeds=wanted.seeds,
            on_progress=on_progress,
            checkpoint=checkpoint,
            sample=opened.about.sample,
        )
    finally:
        workforce.close()


@dataclass(frozen=True)
class Opened:
    """A migration and its entries, ready to be rehearsed."""

    about: About
    subject: Subject
    entries: Mapping[Place, Entry]

    def identity(self, wanted: Wanted) -> str:
        """The same for two searches of which one may go on where the other was stopped."""
        searched = (wanted.parts, wanted.conditions, wanted.write_rate, str(wanted.seeds), self.about.began)
        return f"{installed_version()}/{self.about.digest}/{searched}"

    def subject_of(self, scenario: Scenario) -> Subject:
        """What a scenario is about: a sample of the entries, or all of them."""
        return whole(self.subject, self.entries) if scenario.among == "all" else self.subject


def open_migration(wanted: Wanted, on_copied: OnCopied = lambda *_: None) -> Opened:
    """The migration that a file declares, with its entries. Raises MigrationError, and SourceError …"""
    began = _began(wanted.at)
    migration = load_migration(wanted.file.resolve())
    sources = list(wanted.sources or _beside(migration))
    stages = Stages(migration, copies=None)
    found = copied(migration, stages, sources, began, wanted.sample, on_copied)
    empty = Subject(wanted.file.resolve(), (), began, databases=found.databases)
    own = loaded(empty)
    moving = {place: one for place, one in found.entries.items() if own.migration.rule_for(*place)}
    is_instant = CONDITIONS[wanted.conditions].instant is not None
    instant = own.stages.new_namespaces if is_instant else ()
    about = About(
        wanted.file,
        own.migration,
        sources,
        len(moving),
        len(found.entries) - len(moving),
        found.expired,
        [
            *found.left,
            *(
                f"env.{name} ({kind}) is not emulated: a request that uses it fails"
                for name, kind in own.stages.absent.items()
            ),
            *(
                one if found.sample is None else f"of the sample: {one}"
                for one in remarks(own.migration, own.stages.namespaces, own.outcomes, found.entries, instant)
            ),
        ],
        began,
        _digest(wanted.file, own.migration, found.entries),
        "after" in own.stages.by_name and found.sample is None,
        found.sample,
    )
    return Opened(about, replace(empty, sample=sampled(own.migration, found.entries)), found.entries)


def _digest(file: Path, migration: Migration, entries: Mapping[Place, Entry]) -> str:
    """Of the declaration, the code of its Workers, and the entries."""
    digest = blake2b(digest_size=16)
    folders = {*(stage.folder for stage in migration.stages.values()), migration.migrations}
    for path in [file, *(path for folder in sorted(filter(None, folders)) for path in code_files(folder))]:
        digest.update(path.read_bytes())
    for place, entry in sorted(entries.items()):
        digest.update(repr((place, tuple(entry))).encode())
    return digest.hexdigest()


def run_again(opened: Opened, line: str, *, trace: bool = False, html_file: str | None = None) -> Report:
    """The one run that a line says; with a ``trace`` or a page, every KV operation of it."""
    scenario = Scenario.read(line)
    subject, about = opened.subject_of(scenario), opened.about
    collected = Trace() if trace or html_file is not None else None
    record = subject.simulate(scenario, None, collected)
    verdicts = subject.judge(record)
    document = run_document(about, record, verdicts, collected)
    files = () if html_file is None else ((html_file, page(document)),)
    exit_code = HELD if document["held"] else VIOLATED
    return Report(document, run_as_text(about, document, verdicts), exit_code, files)


def run_explain(options: argparse.Namespace) -> Report:
    opened = open_migration(Wanted(options.file, options.sources, options.at, sample=options.sample))
    return run_again(opened, options.scenario, trace=True, html_file=options.html_file)


def _processes(wanted: Wanted) -> Processes:
    return Processes(wanted.jobs, wanted.timeout)


def _began(at: str | None) -> int:
    if at is None:
        return SystemClock().now_ms() // 1000 * 1000
    try:
        return read_moment(at)
    except ValueError as error:
        raise MigrationError(f"--at: {error}") from error


def _beside(migration: Migration) -> list[str]:
    """The folder of the first Worker, where it has local state."""
    before = migration.stages.get("before")
    if before is not None and (before.folder / ".wrangler" / "state").is_dir():
        return [str(before.folder)]
    raise MigrationError(
        "which entries are to be moved? Name them with --from: a Worker's folder, or a bulk JSON file"
    )


def write_skeleton(options: argparse.Namespace) -> str:
    """Write the skeleton of a migration; returns what to do next."""
    if options.file.exists():
        raise MigrationError(f"{options.file} exists already: choose another name")
    sources = Sources.read(options.sources or ["."])
    text = skeleton(options.file, sources, options.binding, ManualClock(_began(options.at)))
    try:
        options.file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write {options.file}: {error.strerror}") from error
    worker = [] if sources.entries else [str(sources.worker)]  # which the file names
    entries = [f"{name}={path}" if name else str(path) for name, path in sources.entries.items()] or worker
    given = [part for one in entries for part in ("--from", one)] if options.sources else []
    again = command_line(["rehearse", "run", str(options.file), *given])
    return f"Wrote {options.file}. It runs at once, and says that nothing moves yet:\n\n    {again}"


def run_new(options: argparse.Namespace) -> Output:
    """Write the skeleton of a migration, and say what to do next. Raises what `write_skeleton` raises."""
    return Output(HELD, printable_lines(write_skeleton(options)))
