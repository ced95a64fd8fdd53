"""Where the program ``wrangler-compat`` begins: a server listens to signals before it imports anything."""

import gc
import signal
import sys


def main() -> int:
    """Run the program; returns its exit code."""
    try:
        # In the background of a script SIGINT is ignored until somebody listens: a server would not end.
        if {"dev", "serve"} & set(sys.argv):
            signal.signal(signal.SIGINT, signal.default_int_handler)
        gc.disable()  # until the command has been imported (`Command.run`): nothing of that is garbage
        from wrangler_compat import main as cli

        return cli.main()
    except KeyboardInterrupt:
        return 130
