"""Any keyspace on the Redis protocol becomes another one, by a plan in a YAML file.

declaration.py, pattern.py, invariant.py, hook.py   the plan file     inventory.py   the look before the leap
mapping.py, tally.py, plan.py    what becomes of each key             move.py, moving.py,
                                                                      migrator.py    the way there
checks.py      what must hold afterwards                              rollback.py, from_backup.py,
                                                                      inverse.py     the way back
rehearsal.py, crashes.py   all of it on a copy                        keyspace/      what any such migration
command.py, flags.py, report.py   the command line                                   stands on, codeQ's too
"""

from argparse import Namespace

from harness import Command, Plan, later

__all__ = ["REDIS"]


def _plan(options: Namespace) -> Plan:
    if options.apply:
        return Plan("on the way; the same command goes on from here")
    return Plan("nothing but the copy was touched")


# What follows needs the packages of an extra.
REDIS = Command(
    help="any keyspace on the Redis protocol, moved by a plan in a YAML file",
    epilog="example: rehearse redis plan.yaml --from redis://…; add --apply to do it",
    flags=later("harness.migrations.redis.flags:add_flags"),
    refused=later("harness.migrations.redis.flags:refused"),
    plan=_plan,
    run=later("harness.migrations.redis.command:report_redis"),
)
