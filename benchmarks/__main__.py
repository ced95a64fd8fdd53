"""``python -m benchmarks [--json] [NAME …]``: measure, and print a table."""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from benchmarks import (
    binding,
    census,
    cluster,
    codeq,
    command,
    d1,
    fork,
    guidance,
    histories,
    javascript,
    keyspace,
    listing,
    migration,
    requests,
    search,
    size,
    start,
    writes,
)
from benchmarks.measurement import Measurement, table

ALL = {
    "get": binding.measure,
    "put": writes.measure,
    "list": listing.measure,
    "http": requests.measure,
    "command": command.measure,
    "start": start.measure,
    "codeq": codeq.measure,
    "d1": d1.measure,
    "javascript": javascript.measure,
    "histories": histories.measure,
    "keyspace": keyspace.measure,
    "fork": fork.measure,
    "search": search.measure,
    "migration": migration.measure,
    "census": census.measure,
    "cluster": cluster.measure,
    "guidance": guidance.measure,
    "size": size.measure,
}


async def _measure(names: list[str]) -> list[Measurement]:
    measured = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr)
        # Below the current folder, and not in /tmp, which may be no disk at all.
        with tempfile.TemporaryDirectory(prefix=".benchmark-", dir=".") as folder:
            measured += await ALL[name](Path(folder).absolute())
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(ALL)}; all by default")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    given = parser.parse_args()
    if unknown := set(given.names) - set(ALL):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    measured = asyncio.run(_measure(given.names or list(ALL)))
    print(json.dumps([one.as_json() for one in measured], indent=2) if given.json else table(measured))


if __name__ == "__main__":
    main()
