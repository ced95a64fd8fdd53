"""``python -m worker.codeq codeq|scheduler|issuer``: one of the services as a process of its own."""

import signal
import sys


def _main() -> int:
    try:
        # Before anything else is imported: in the background of a script SIGINT is ignored until then.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        from worker.program import run

        return run("python -m worker.codeq", _service)
    except KeyboardInterrupt:
        return 130


def _service() -> int:
    from worker.codeq.command import run_service  # which needs the extra `codeq`

    return run_service()


sys.exit(_main())
