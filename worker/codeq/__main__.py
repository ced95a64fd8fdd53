"""``python -m worker.codeq codeq|scheduler|issuer``: one of the services as a process of its own."""

import sys

from worker.program import run


def _main() -> int:
    from worker.codeq.command import run_service  # which needs the extra `codeq`

    return run_service()


sys.exit(run("python -m worker.codeq", _main))
