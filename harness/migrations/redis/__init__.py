"""Any keyspace on the Redis protocol becomes another one, by a plan in a YAML file.

planfile/     the plan file            mapping/      what becomes of each key, seen before anything is done
moving/       the way there            back/         the way back
keyspace/     what any such migration stands on, codeQ's too
rehearsal.py, crashes.py   all of it on a copy       command.py, flags.py, report.py   the command line
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
