"""The second migration: a legacy scheduler's keyspace becomes codeQ's.

codeq.yaml, plan.py       the mapping: a plan as of `rehearse redis`   migrator.py    Option B, carried out
preflight.py, ledger.py   what codeQ would make of each id             drain.py       Option A
rollback.py               back, with what codeQ did since              account.py     what is lost by that
stragglers.py             what came too late                           conversion.py  list to set, live
checklist/                the guide's verification                     acceptance.py  at a deployed.py codeQ
rehearsal.py              all of it on a copy                          drills/        the hazards
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
