"""``rehearse queue``: a rehearsal, a search, or one simulation again, and its report."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from harness import Call
from harness.engine.loop import Deadlock
from harness.explore.workforce import Cluster, Processes, Workforce
from harness.migrations.queue.example import example
from harness.migrations.queue.explore import campaign_report
from harness.migrations.queue.explore.campaign import explore_faults, explore_schedules
from harness.migrations.queue.explore.orders import explore_orders
from harness.migrations.queue.explore.page import campaign_document, simulation_document
from harness.migrations.queue.explore.system import Queue, judgement
from harness.migrations.queue.flags import REMOTE, base_of
from harness.migrations.queue.promises import table
from harness.migrations.queue.promises.assessment import assess
from harness.migrations.queue.promises.evidence import DEFAULT_CONDITIONS, DEFAULT_SEEDS, Inquiry
from harness.migrations.queue.rehearsal.crashes import explore_crashes
from harness.migrations.queue.rehearsal.preflight import demand_python, demand_queue_worker
from harness.migrations.queue.rehearsal.rehearsal import rehearse_queue, walk_of
from harness.migrations.queue.rehearsal.sampling import sampled
from harness.migrations.queue.reports import simulation as simulation_report
from harness.migrations.queue.reports.crashes import CrashSearch
from harness.migrations.queue.reports.crashes import as_json as search_json
from harness.migrations.queue.reports.crashes import as_text as search_text
from harness.migrations.queue.reports.crashes import document as search_document
from harness.migrations.queue.reports.rehearsal import as_json, as_text, document
from harness.migrations.queue.simulation.scenario import Scenario
from harness.migrations.queue.worker import OURS, QueueWorker
from harness.model.decision import Decision, Extent
from harness.report.page import page
from harness.sources.source import Source, open_source
from harness.terminal.lines import command_line
from harness.terminal.output import Report
from harness.terminal.progress import Progress
from kvstore import SystemClock
from kvstore.clock import stopwatch
from kvstore.layers.trace import Trace


def run_queue(options: argparse.Namespace, given: Sequence[str]) -> Report:
    """Do what the options say; ``given`` are the arguments, for the command that does it again."""
    options.worker = QueueWorker(options.worker, tuple(options.without))
    with Progress(sys.stderr, enabled=not options.quiet) as progress:
        return _run(options, given, progress)


def _run(options: argparse.Namespace, given: Sequence[str], progress: Progress) -> Report:
    if options.worker != OURS:
        _demand_queue_worker(options)
    if options.explore == "orders":
        return _orders(options, progress)
    if options.explore == "schedules" or (options.explore and options.scenario is not None):
        return _campaign(options, progress)
    if options.scenario is not None:
        return _replay(options.scenario, options.worker, options.html_file)
    if options.promises is not None and options.worker != OURS:
        demand_python(options.worker, "--promises asks the Worker in this process")
    if options.source is not None:
        progress.begin(f"reading {options.source}")
    source = _copy(options, progress)
    if options.promises is not None:
        return _promises(source, options, progress)
    now = SystemClock().now_ms()
    if options.explore == "crashes":
        search = _search_crashes(source, now, options, progress)
        files = _page(options, lambda: search_document(search, options.given))
        return Report(search_json(search), search_text(search), search.decision.exit_code, files)
    return _walk(source, now, given, options, progress)


def _walk(
    source: Source, now: int, given: Sequence[str], options: argparse.Namespace, progress: Progress
) -> Report:
    """One walk through the guide; of a deadlock nothing else is reported."""
    sample = None if options.sample is None else sampled(source, options.sample, now)
    scenario = walk_of(
        options.migration,
        options.strategy,
        options.conditions,
        seed=options.seed,
        runs=options.runs,
        write_rate=options.write_rate,
    )
    try:
        rehearsal = rehearse_queue(
            source if sample is None else sample.source,
            scenario,
            now,
            options.worker,
            fault=options.fault,
            sample=sample,
            command=command_line(["rehearse", *given]),
            on_progress=lambda call: progress.show(_line(call)),
            follow=progress.follow,
        )
    except Deadlock as deadlock:
        return _deadlocked(deadlock, scenario)
    progress.begin("writing the report")
    files = _page(options, lambda: document(rehearsal, given))
    return Report(as_json(rehearsal), as_text(rehearsal), rehearsal.decision.exit_code, files)


def _line(call: Call) -> str:
    """A request with its answer, as progress shows it."""
    took = f"{call.status} in {call.seconds:.2f} s, {call.operations:,} KV operations"
    return f"{call.step:<21} {call.method:<4} {call.path}  {took}"


def _deadlocked(deadlock: Deadlock, scenario: Scenario) -> Report:
    document = {"scenario": str(scenario), "deadlock": str(deadlock)}
    decision = Decision([str(deadlock)], Extent(runs=1))
    return Report(document | decision.as_json(), str(deadlock), decision.exit_code)


def _demand_queue_worker(options: argparse.Namespace) -> None:
    """Raises NotTheQueue for a Worker that nothing of this can be said of."""
    base = base_of(options)
    producers = (
        options.explore == "schedules"
        or options.promises is not None
        or base.producers > 0
        or "enqueue" in base.at_once
        or options.strategy != "steps"
    )
    coordinator = base.claims == "coordinator"
    demand_queue_worker(options.worker, base.migration, producers=producers, coordinator=coordinator)


def _replay(scenario: Scenario, worker: QueueWorker, html_file: str | None) -> Report:
    """One simulation again; one in which nobody can go on has no more to it than that."""
    trace = None if html_file is None else Trace()
    try:
        record = Queue(worker).simulate(scenario, trace=trace)
    except Deadlock as deadlock:
        return _deadlocked(deadlock, scenario)
    replay = simulation_report.Simulation(record, judgement(worker).verdicts(record))
    files: tuple[tuple[str, str], ...] = ()
    if html_file is not None:
        assert trace is not None
        files = ((html_file, page(simulation_document(worker, record, replay.verdicts, trace))),)
    return Report(replay.as_json(), replay.as_text(), replay.decision.exit_code, files)


def _campaign(options: argparse.Namespace, progress: Progress) -> Report:
    """A search by simulation: through random schedules, or through every fault of one scenario."""
    start = stopwatch()
    base = base_of(options)
    workforce: Workforce = Cluster(options.cluster) if options.cluster else _processes(options)
    try:
        if options.explore == "schedules":
            search = explore_schedules(
                base,
                options.seeds or range(1, 1001),
                workforce,
                progress,
                options.worker,
            )
        else:
            search = explore_faults(
                base,
                options.faults,
                workforce,
                progress,
                options.worker,
                everyone=options.everyone,
            )
    finally:
        workforce.close()
    seconds = stopwatch() - start
    document, text = campaign_report.as_json(search, seconds), campaign_report.as_text(search, seconds)
    files = _page(options, lambda: campaign_document(search, seconds, options.given))
    return Report(document, text, search.decision.exit_code, files)


def _page(options: argparse.Namespace, document: Callable[[], dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    return () if options.html_file is None else ((options.html_file, page(document())),)


def _promises(source: Source, options: argparse.Namespace, progress: Progress) -> Report:
    """What the guide promises, judged. Local conditions are always among those that are judged."""
    start = stopwatch()
    inquiry = Inquiry(
        source,
        DEFAULT_CONDITIONS if options.conditions == "local" else options.conditions,
        options.seeds or DEFAULT_SEEDS,
        _processes(options),
        options.worker,
        _source_arguments(options),
        progress.gathered,
    )
    assessment = assess(inquiry, options.promises)
    seconds = stopwatch() - start
    document, text = table.as_json(assessment, seconds), table.as_text(assessment, seconds)
    return Report(document, text, assessment.decision.exit_code)


def _orders(options: argparse.Namespace, progress: Progress) -> Report:
    """A search through every order of the operations of requests that are answered at once."""
    start = stopwatch()
    search = explore_orders(base_of(options), progress.ordered, options.worker)
    seconds = stopwatch() - start
    text = campaign_report.as_text(search.campaign, seconds)
    files = _page(options, lambda: campaign_document(search.campaign, seconds, options.given))
    return Report(search.as_json(seconds), text, search.campaign.decision.exit_code, files)


def _processes(options: argparse.Namespace) -> Processes:
    return Processes(options.jobs, options.timeout)


def _copy(options: argparse.Namespace, progress: Progress) -> Source:
    if options.source is None:
        return example(SystemClock())
    if options.source != REMOTE:
        return open_source(
            options.source,
            SystemClock(),
            binding=options.binding,
            namespace_id=options.namespace_id,
            preview=options.preview,
            environment=options.env,
        )
    from harness.sources.remote import Wanted, copy_remote  # the client is slow to import

    wanted = Wanted(options.binding, options.namespace_id, options.preview, options.env, options.config)
    return copy_remote(wanted, os.environ, SystemClock(), progress.copied)


def _search_crashes(source: Source, now: int, options: argparse.Namespace, progress: Progress) -> CrashSearch:
    start = stopwatch()
    exploration = explore_crashes(
        source,
        now,
        options.faults,
        _processes(options),
        migration=options.migration,
        worker=options.worker,
        on_progress=progress.searched,
    )
    command = command_line(["rehearse", "queue", *_source_arguments(options)])
    return CrashSearch(source, options.migration, options.faults, exploration, stopwatch() - start, command)


def _source_arguments(options: argparse.Namespace) -> list[str]:
    """The arguments that name the same source again."""
    arguments = []
    for flag, value, default in (
        ("--from", options.source, None),
        ("--binding", options.binding, "CACHE"),
        ("--namespace-id", options.namespace_id, None),
        ("--env", options.env, None),
        ("--config", options.config, None),
        ("--migration", options.migration, "documented"),
    ):
        if value != default:
            arguments += [flag, str(value)]
    arguments += options.worker.arguments
    return [*arguments, "--preview"] if options.preview else arguments
