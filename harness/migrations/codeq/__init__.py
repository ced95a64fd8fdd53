"""The second migration: a legacy scheduler's keyspace becomes codeQ's.

option_b/       the mapping, a plan as of `rehearse redis`; what is there, the way there and back, stragglers
rehearsal/      all of it on a copy: either option, the guide's own words, the traffic before and after
checklist/      the guide's verification, of a copy or of a deployed codeQ       hazards/   brought about
services/       both services in this process        legacy_state.py   the old keyspace, as the judge knows it
conversion.py   list to set, live                    command.py, operations.py, flags.py, report.py   the rest
"""

from argparse import Namespace

from harness import Command, Plan, later

__all__ = ["CODEQ"]


def _plan(options: Namespace) -> Plan:
    if options.apply:
        return Plan("on the way; the same command goes on from here")
    if options.redis:
        return Plan("what it had written so far is on the server that --redis names")
    return Plan("nothing but the copy was touched")


# What follows needs the packages of an extra.
CODEQ = Command(
    help="the codeQ migration guide: a scheduler's legacy: keyspace becomes codeq:",
    epilog="example: rehearse codeq --from redis://…; rehearse codeq migrate --redis redis://… --apply",
    flags=later("harness.migrations.codeq.flags:add_flags"),
    refused=later("harness.migrations.codeq.flags:refused"),
    plan=_plan,
    run=later("harness.migrations.codeq.command:report_codeq"),
)
