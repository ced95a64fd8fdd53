"""Any keyspace on the Redis protocol becomes another one, by a plan in a YAML file.

planfile/     the plan file            mapping/      what becomes of each key, seen before anything is done
moving/       the way there            back/         the way back
keyspace/     what any such migration stands on, codeQ's too
__init__.pyi  what a migration that stands on it takes, by name
rehearsal.py, crashes.py   all of it on a copy       command.py, flags.py, report.py   the command line
"""

from argparse import Namespace

import harness
from kvstore.on_demand import names_of

__getattr__, _names = names_of(__name__, __file__)
__all__ = ["REDIS", *_names]


def _plan(options: Namespace) -> harness.Plan:
    if options.apply:
        return harness.Plan("on the way; the same command goes on from here")
    return harness.Plan("nothing but the copy was touched")


# What follows needs the packages of an extra.
REDIS = harness.Command(
    help="any keyspace on the Redis protocol, moved by a plan in a YAML file",
    epilog="example: rehearse redis plan.yaml --from redis://…; add --apply to do it",
    flags=harness.later("harness.migrations.redis.flags:add_flags"),
    refused=harness.later("harness.migrations.redis.flags:refused"),
    plan=_plan,
    run=harness.later("harness.migrations.redis.command:report_redis"),
)
