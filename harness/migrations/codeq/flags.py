"""The flags of ``rehearse codeq``, and what those mean that several verbs share."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from harness.migrations.codeq.claim_script import read_claim_script
from harness.migrations.codeq.migrator import Terms
from harness.migrations.codeq.rehearsal import OPTIONS
from harness.migrations.codeq.seed import WORKERS
from harness.numbers import A_YEAR, seed, whole
from kvstore.printable import printable
from worker.codeq import PROFILES

_MOST_TASKS = 1_000_000
VERBS = ("rehearse", "migrate", "stragglers", "rollback", "convert", "backup", "restore", "hazards")


def add_flags(codeq: argparse.ArgumentParser) -> None:
    """Adds what ``rehearse codeq`` takes."""
    codeq.add_argument(
        "verb",
        nargs="?",
        choices=VERBS,
        default="rehearse",
        help="rehearse on a copy (default); migrate a real keyspace, move stragglers that arrive afterwards, "
        "rollback, convert in-progress lists, restore a backup: a dry run without --apply; backup to a file; "
        "show the hazards",
    )
    _add_place(codeq)
    _add_terms(codeq)
    _add_rehearsal(codeq)
    codeq.add_argument(
        "--json", dest="json_file", metavar="FILE", help="also write the report as JSON, - for stdout"
    )
    codeq.add_argument("-q", "--quiet", action="store_true", help="no progress on standard error")


def _add_place(codeq: argparse.ArgumentParser) -> None:
    codeq.add_argument(
        "--from",
        dest="source",
        metavar="SOURCE",
        help="a backup file, or redis://… whose legacy: keys are copied; only read (default: an example)",
    )
    codeq.add_argument(
        "--redis", metavar="URL", help="the server to work on; a rehearsal takes an embedded one by default"
    )
    codeq.add_argument(
        "--server", choices=PROFILES, default=PROFILES[0], help="whose manners the server shows (redis7)"
    )
    codeq.add_argument("--option", choices=OPTIONS, default="b", help="the guide's option (b)")
    codeq.add_argument(
        "--codeq-url",
        metavar="URL",
        help="not a rehearsal but the checklist, against the codeQ that runs there on --redis",
    )
    codeq.add_argument(
        "--tokens",
        type=Path,
        metavar="FILE",
        help="for --codeq-url: JSON with the tokens producer, worker, admin, and those to be refused",
    )
    codeq.add_argument("--apply", action="store_true", help="do it, instead of saying what would be done")


def _add_terms(codeq: argparse.ArgumentParser) -> None:
    codeq.add_argument(
        "--keep-source", action="store_true", help="copy, and leave legacy: as it is: the instant way back"
    )
    codeq.add_argument(
        "--accept-defects",
        action="store_true",
        help="move ids that codeQ would drop or run again as they are",
    )
    codeq.add_argument(
        "--tiers",
        action="store_true",
        help="pending tasks go to the tier of their priority; the guide puts all in tier 0",
    )
    codeq.add_argument(
        "--lease-seconds",
        type=whole(0, A_YEAR),
        default=0,
        metavar="N",
        help="every lease lasts at least so long after the migration (default: unchanged)",
    )
    codeq.add_argument(
        "--claim-script",
        type=Path,
        metavar="FILE",
        help="codeQ's own claim script, checked by its sha1 and loaded as the last step: KVRocks before "
        "2.9 needs it, again after each restart",
    )
    codeq.add_argument(
        "--backup",
        type=Path,
        metavar="FILE",
        help="the backup that is written first (legacy-backup.jsonl when migrating for real), or what "
        "rollback writes (codeq-export.jsonl)",
    )


def _add_rehearsal(codeq: argparse.ArgumentParser) -> None:
    codeq.add_argument(
        "--tasks",
        type=whole(0, _MOST_TASKS),
        default=200,
        metavar="N",
        help="how many tasks the example has (200)",
    )
    codeq.add_argument(
        "--freeze",
        type=whole(0, A_YEAR),
        default=0,
        metavar="N",
        help="seconds that pass during the freeze (0)",
    )
    codeq.add_argument(
        "--deadline", type=whole(0, A_YEAR), default=600, metavar="N", help="option a's, in seconds (600)"
    )
    codeq.add_argument(
        "--workers", metavar="SUB,…", help="the subs of workers' tokens, to find leases of anybody else"
    )
    codeq.add_argument(
        "--deliver",
        type=whole(0, _MOST_TASKS),
        default=1000,
        metavar="N",
        help="how many tasks of each queue are claimed and finished at the end (1000)",
    )
    codeq.add_argument(
        "--explore", choices=("crashes",), help="a crash before every single command of option b"
    )
    codeq.add_argument("--seed", type=seed, default=1, help="where simulated chance begins (1)")


def terms(options: argparse.Namespace, *, freeze_seconds: float, backup: Path | None = None) -> Terms:
    """How to migrate. Raises Refused for a file that is not what it is given for."""
    return Terms(
        keep_source=options.keep_source,
        accept_defects=options.accept_defects,
        freeze_seconds=freeze_seconds,
        lease_seconds=options.lease_seconds,
        backup=backup,
        split=options.tiers,
        workers=workers(options),
        claim_script=read_claim_script(options.claim_script) if options.claim_script else "",
    )


def workers(options: argparse.Namespace) -> frozenset[str] | None:
    """The subs that workers' tokens will carry; the example's are known."""
    if options.workers:
        return frozenset(options.workers.split(","))
    example = options.verb == "rehearse" and options.source is None and options.codeq_url is None
    return frozenset(WORKERS) if example else None


def tell(options: argparse.Namespace) -> Callable[[str], None]:
    """Says how far it is, on standard error, unless it is to be quiet."""

    def say(text: str) -> None:
        if not options.quiet:
            print(f"  {printable(text)}", file=sys.stderr, flush=True)

    return say
