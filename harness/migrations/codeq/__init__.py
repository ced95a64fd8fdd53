"""The second migration: a legacy scheduler's keyspace becomes codeQ's.

pieces.py, backup.py      a keyspace read in pieces, and its file    fingerprint.py    that nobody writes
preflight.py, ledger.py   what is there, and what forbids it         snapshot.py, legacy_state.py   in memory
plan.py, capability.py    what would be done, and what can be        tiers.py          priorities
migrator.py, moving.py    Option B, journalled in journal.py         drain.py          Option A
stragglers.py             what came too late                         conversion.py     list to set, live
rollback.py, reverse.py   back again; account.py: what is lost       drills/           the hazards
checklist/                the guide's verification                   acceptance.py     at a deployed.py codeQ
rehearsal.py              all of it on a copy
"""

import asyncio
from argparse import ArgumentParser, Namespace

from harness import CannotStart, Command, Output, Plan, Report
from kvstore.address import without_passwords
from kvstore.printable import printable

__all__ = ["CODEQ"]


def _flags(parser: ArgumentParser) -> None:
    from harness.migrations.codeq.flags import (
        add_flags,  # needs the packages of an extra, as all that follows
    )

    add_flags(parser)


def _refused(options: Namespace) -> str | None:
    from harness.migrations.codeq.flags import refused

    return refused(options)


def _plan(options: Namespace) -> Plan:
    if options.apply:
        return Plan("on the way; the same command goes on from here")
    if options.redis:
        return Plan("what it had written so far is on the server that --redis names")
    return Plan("nothing but the copy was touched")


def _run(options: Namespace) -> Report | Output:
    from harness import command_line
    from harness.migrations.codeq.command import run_codeq
    from harness.migrations.redis.keyspace.errors import HalfDone, Refused
    from worker.codeq import CodeqError

    try:
        return Report(*asyncio.run(run_codeq(options, command_line(["rehearse", *options.given]))))
    except HalfDone as error:
        return Output(1, error=printable(without_passwords(f"rehearse: {error}")))
    except Refused as error:
        return Output(3, error=printable(without_passwords(f"rehearse: {error}")))
    except CodeqError as error:
        raise CannotStart(str(error)) from error


CODEQ = Command(
    help="the codeQ migration guide: a scheduler's legacy: keyspace becomes codeq:",
    epilog="example: rehearse codeq --from redis://…; rehearse codeq migrate --redis redis://… --apply",
    flags=_flags,
    refused=_refused,
    plan=_plan,
    run=_run,
)
