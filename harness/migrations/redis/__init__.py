"""Any keyspace on the Redis protocol becomes another one, by a plan in a YAML file.

declaration.py, pattern.py, invariant.py, hook.py   the plan file     inventory.py   the look before the leap
mapping.py, tally.py, plan.py    what becomes of each key             moving.py, migrator.py   the way there
checks.py      what must hold afterwards                              rollback.py    the way back
rehearsal.py, crashes.py   all of it on a copy                        keyspace/      what any such migration
command.py, flags.py, report.py   the command line                                   stands on, codeQ's too
"""

import asyncio
from argparse import ArgumentParser, Namespace

from harness import CannotStart, Command, Output, Plan, Report
from kvstore.address import without_passwords
from kvstore.printable import printable

__all__ = ["REDIS"]


def _flags(parser: ArgumentParser) -> None:
    from harness.migrations.redis.flags import (
        add_flags,  # needs the packages of an extra, as all that follows
    )

    add_flags(parser)


def _refused(options: Namespace) -> str | None:
    from harness.migrations.redis.flags import refused

    return refused(options)


def _plan(options: Namespace) -> Plan:
    if options.apply:
        return Plan("on the way; the same command goes on from here")
    return Plan("nothing but the copy was touched")


def _run(options: Namespace) -> Report | Output:
    from harness import command_line
    from harness.migrations.redis.command import run_redis
    from harness.migrations.redis.declaration import DeclarationError
    from harness.migrations.redis.keyspace.errors import HalfDone, Refused
    from worker.codeq import CodeqError

    try:
        return Report(*asyncio.run(run_redis(options, command_line(["rehearse", *options.given]))))
    except HalfDone as error:
        return Output(1, error=printable(without_passwords(f"rehearse: {error}")))
    except Refused as error:
        return Output(3, error=printable(without_passwords(f"rehearse: {error}")))
    except (CodeqError, DeclarationError) as error:
        raise CannotStart(str(error)) from error


REDIS = Command(
    help="any keyspace on the Redis protocol, moved by a plan in a YAML file",
    epilog="example: rehearse redis plan.yaml --from redis://…; add --apply to do it",
    flags=_flags,
    refused=_refused,
    plan=_plan,
    run=_run,
)
