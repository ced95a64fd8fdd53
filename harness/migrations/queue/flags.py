"""The flags of ``rehearse queue``."""

import argparse
from dataclasses import replace
from os.path import isdir
from pathlib import Path
from typing import cast, get_args

from harness import Flags
from harness.migrations.queue.simulation.scenario import MIGRATIONS, Claims, Scenario
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.parameters import ParameterError
from harness.terminal.numbers import seed, seeds, whole
from kvstore.conditions import CONDITIONS
from kvstore.faults import AT_ONCE, FAULTS, OPERATION, Fault, read_fault
from kvstore.layers.quotas import WriteRate

REMOTE = "remote"  # the word for an account, where one may also name a folder or a file
STRATEGIES = ("steps", "guide", "zero-downtime")
EXPLORE = ("crashes", "schedules", "orders")


def add_queue(queue: argparse.ArgumentParser) -> None:
    """Add what ``rehearse queue`` takes."""
    flags = Flags(queue)
    _add_source(queue)
    flags.sample()
    _add_walk(queue)
    _add_search(queue)
    queue.add_argument(
        "--promises",
        type=_promises,
        nargs="?",
        const=(),
        metavar="G01,…",
        help="judge what the guide promises, all of it or some, for the documented and the safe migration: "
        "held, broken, or held only if; under local conditions and --conditions (production by default)",
    )
    queue.add_argument(
        "--worker",
        type=_worker,
        default=QUEUE_WORKER,
        metavar="FOLDER",
        help="the Worker to rehearse, with the guide's routes and variables, in place of ours",
    )
    queue.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="NAME",
        help="a binding of that Worker which is not emulated, and which nothing depends on; may be repeated",
    )
    flags.timeout()
    flags.json()
    flags.html()
    flags.quiet()


def _add_source(queue: argparse.ArgumentParser) -> None:
    queue.add_argument(
        "--from",
        dest="source",
        type=_place,
        metavar="SOURCE",
        help="a Worker's folder with wrangler's local state, a state folder, a bulk JSON file, or remote: "
        "the account that CLOUDFLARE_API_TOKEN opens; it is only read (default: the example)",
    )
    queue.add_argument("--binding", default="CACHE", help="the KV binding to rehearse on (default: CACHE)")
    queue.add_argument("--namespace-id", metavar="ID", help="the namespace's id, instead of a binding")
    queue.add_argument("--preview", action="store_true", help="take the binding's preview_id")
    queue.add_argument("-e", "--env", metavar="NAME", help="the environment of the configuration")
    queue.add_argument(
        "-c",
        "--config",
        type=Path,
        metavar="FILE",
        help="with --from remote: the Worker's configuration file",
    )


def _add_walk(queue: argparse.ArgumentParser) -> None:
    queue.add_argument(
        "--strategy",
        choices=STRATEGIES,
        default="steps",
        help="steps: the guide's migration steps, nobody else at work (default); guide: its deployment "
        "strategy, migrate first and deploy after, with the old daemon and a producer still active; "
        "zero-downtime: a Worker for both formats first, then migrate while work goes on",
    )
    queue.add_argument(
        "--migration",
        choices=MIGRATIONS,
        default="documented",
        help="documented: as the guide has it, faults included (default); safe: the one that survives",
    )
    queue.add_argument(
        "--conditions",
        choices=CONDITIONS,
        default="local",
        help="how unfriendly the platform is: local (default), or production, free, hostile with limits, "
        "stale reads and simulated time",
    )
    queue.add_argument(
        "--write-rate",
        choices=get_args(WriteRate),
        default="refused",
        help="what becomes of a write less than a second after another of its key: refused (default), or "
        "confirmed and lost; --explore schedules then has both",
    )
    queue.add_argument(
        "--fault",
        type=_fault,
        metavar="KIND@N",
        help=f"what happens at the N-th KV operation of the run: {', '.join(OPERATION)}",
    )
    queue.add_argument(
        "--runs",
        type=whole(1, 1000),
        default=1,
        help="repeat the run until it reports success, at most so often (1)",
    )


def _add_search(queue: argparse.ArgumentParser) -> None:
    queue.add_argument(
        "--explore",
        choices=EXPLORE,
        help="search instead of one rehearsal. crashes: a fault at every single KV operation of the run; "
        "schedules: random people, faults and orders of events in several locations; orders: two claims at "
        "once, or what a scenario sends at once, in every order of their KV operations",
    )
    queue.add_argument(
        "--claims",
        choices=get_args(Claims),
        default="kv",
        help="who decides claims in --explore schedules and orders: KV (default), or a coordinator",
    )
    queue.add_argument(
        "--faults",
        type=_kinds,
        default=AT_ONCE,
        metavar="KIND,…",
        help=f"the kinds of fault that --explore crashes tries: some of {', '.join(FAULTS)} "
        f"(default: {','.join(AT_ONCE)})",
    )
    queue.add_argument(
        "--everyone",
        action="store_true",
        help="--explore crashes with --scenario or --plan: at the operations of daemons, producers and "
        "lookers too, not the operators' alone",
    )
    queue.add_argument(
        "--seeds",
        type=seeds,
        metavar="N|A-B",
        help="how many random schedules --explore schedules tries, or which (default: 1000); --promises "
        "(default: 200)",
    )
    Flags(queue).jobs()
    queue.add_argument(
        "--cluster", metavar="ADDRESS", help="a Dask scheduler whose workers share --explore schedules"
    )
    queue.add_argument("--seed", type=seed, default=1, help="where simulated chance begins (1)")
    queue.add_argument(
        "--scenario",
        type=_scenario,
        metavar="LINE",
        help="one simulation, exactly as the line says: what a search prints to show a violation again",
    )
    queue.add_argument(
        "--plan",
        dest="scenario",
        type=_plan,
        metavar="FILE",
        help="the same from a TOML file. With --explore crashes every fault is tried in it; with --explore "
        "schedules it says what all have in common: conditions, migration, claims",
    )


def _place(text: str) -> Path | str:
    """A folder of that name is ./remote."""
    return text if text == REMOTE else Path(text)


def _worker(text: str) -> Path:
    folder = Path(text).resolve()
    if not isdir(folder):  # noqa: PTH112 - also of a name too long
        raise argparse.ArgumentTypeError(f"{text} is not a folder")
    return folder


def _fault(text: str) -> Fault:
    try:
        return read_fault(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _kinds(text: str) -> tuple[str, ...]:
    chosen = tuple(kind for kind in FAULTS if kind in text.split(","))
    if not chosen or len(chosen) != len(text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} are not kinds of fault: choose from {','.join(FAULTS)}")
    return chosen


def _promises(text: str) -> tuple[str, ...]:
    from harness.migrations.queue.promises.guide import PROMISES

    ids = tuple(text.split(","))
    known = [promise.id for promise in PROMISES]
    if unknown := [one for one in ids if one not in known]:
        raise argparse.ArgumentTypeError(
            f"{unknown[0]!r} is not a promise: they are {known[0]} to {known[-1]}"
        )
    return ids


def _scenario(text: str) -> Scenario:
    try:
        return Scenario.read(text)
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _plan(text: str) -> Scenario:
    from harness.migrations.queue.simulation.plan import read_plan

    try:
        return read_plan(Path(text))
    except ParameterError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def conflict(options: argparse.Namespace) -> str | None:
    """What was asked for and does not go together: nothing is passed over in silence."""
    if options.config is not None and options.source != REMOTE:
        return "--config is for --from remote: a folder has its own configuration"
    if options.migration == "safe" and options.runs != 1:
        return "--runs is for the documented migration: the safe one runs until it is done"
    if options.everyone and not _has_people(options):
        return "--everyone is for --explore crashes with --scenario or --plan: elsewhere nobody else is there"
    if options.html_file is not None and options.promises is not None:
        return "--html is for rehearsals, searches and simulations: --promises has no page"
    if kinds := _refused_kinds(options):
        return kinds
    if options.cluster and not _can_be_shared(options):
        return "--cluster is for --explore schedules, and for --explore crashes with --scenario or --plan"
    if options.sample is not None and (options.explore or options.scenario or options.promises is not None):
        return "--sample is for a rehearsal: searches, --scenario, --plan and --promises take none"
    if options.promises is not None:
        return _refused_promises(options)
    if options.scenario is not None:
        what = "--scenario and --plan say everything, and take"
        refused = ("source", "strategy", "conditions", "write_rate", "migration", "claims", "fault", "runs")
        return _given(options, what, refused) or _refused_order(options)
    if options.claims != "kv" and options.explore not in ("schedules", "orders"):
        return "--claims is for --explore schedules and orders: elsewhere nobody else is there to claim"
    if options.explore == "crashes":
        return _given(
            options, "--explore crashes takes", ("strategy", "conditions", "write_rate", "fault", "runs")
        )
    if options.explore == "schedules":
        what = "--explore schedules chooses for itself, and takes"
        return _given(options, what, ("source", "strategy", "fault", "runs"))
    if options.explore == "orders":
        what = "--explore orders takes what is at once from --scenario or --plan, and"
        return _given(options, what, ("source", "strategy", "fault", "runs")) or _refused_order(options)
    return None


def base_of(options: argparse.Namespace) -> Scenario:
    """What all runs of a search have in common. Without a scenario, --explore orders is about two claims."""
    if options.scenario is not None:
        return cast("Scenario", options.scenario)
    base = Scenario(
        conditions=options.conditions,
        migration=options.migration,
        claims=options.claims,
        write_rate=options.write_rate,
    )
    if options.explore != "orders":
        return base
    return replace(base, at_once=("claim", "claim"), format="dual" if base.migration == "safe" else "old")


def _refused_promises(options: argparse.Namespace) -> str | None:
    if options.explore or options.scenario is not None:
        return "--promises searches by itself, and takes no --explore, --scenario, --plan"
    what = "--promises judges both migrations, and takes"
    return _given(options, what, ("strategy", "write_rate", "migration", "fault", "runs"))


def _can_be_shared(options: argparse.Namespace) -> bool:
    return options.explore == "schedules" or _has_people(options)


def _has_people(options: argparse.Namespace) -> bool:
    return options.explore == "crashes" and options.scenario is not None


def _refused_kinds(options: argparse.Namespace) -> str | None:
    """Why kinds of fault cannot be tried; None when they can."""
    if options.faults != AT_ONCE and options.explore != "crashes":
        return "--faults is for --explore crashes"
    whole = [kind for kind in options.faults if kind not in OPERATION]
    if whole and not _has_people(options):
        return f"--faults {','.join(whole)}: for --scenario or --plan, where somebody sends requests"
    alone = [kind for kind in whole if FAULTS[kind].strikes == "actor"]
    if alone and not options.everyone:
        return f"--faults {','.join(alone)} strikes daemons: add --everyone"
    return None


def _refused_order(options: argparse.Namespace) -> str | None:
    base = base_of(options)
    if options.explore == "orders":
        from harness.migrations.queue.explore.orders import refusal

        return refusal(base)
    if options.explore and base.at_once:
        return f"at_once is for --explore orders: --explore {options.explore} takes no scenario with it"
    return None


_DEFAULTS = {
    "source": None,
    "strategy": "steps",
    "conditions": "local",
    "write_rate": "refused",
    "migration": "documented",
    "claims": "kv",
    "fault": None,
    "runs": 1,
}


def _given(options: argparse.Namespace, what: str, refused: tuple[str, ...]) -> str | None:
    given = [name for name in refused if getattr(options, name) != _DEFAULTS[name]]
    flags = [f"--{'from' if name == 'source' else name.replace('_', '-')}" for name in given]
    return f"{what} no {', '.join(flags)}" if flags else None
