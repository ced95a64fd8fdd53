"""Where the program ``rehearse`` begins, and what supervises it.

The work is done in a process of its own: Ctrl-C ends it whatever it is at, and a Worker that ends its
process, or never answers, makes no verdict.
"""

import os
import signal
import sys

# Nothing else is imported before signals are heard, typing neither: it takes as long as pressing a key.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from harness.terminal.output import Output, Plan
    from harness.terminal.processes import Child

# So long a process that is to stop may put things in order, before it is killed.
_GRACE_SECONDS = 1.2


def main() -> int:
    """Run the program; returns its exit code."""
    # First of all, whatever was there: in the background of a script SIGINT is ignored.
    signals, noted = os.pipe()
    os.set_blocking(noted, False)
    signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: None)
    from worker.program import run

    try:
        return run("rehearse", lambda: _main(sys.argv[1:], signals))
    except KeyboardInterrupt as stopped:  # from `_stop`
        return int(stopped.args[0])


def _main(arguments: list[str], signals: int) -> int:
    output = _supervised(arguments, signals)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    return output.deliver()


def _stop(number: int, frame: "Any") -> None:
    raise KeyboardInterrupt(128 + number)


def _supervised(arguments: list[str], signals: int) -> "Output":
    """What the program says with these arguments; ``signals`` is a pipe that has the signals that come."""
    from harness.terminal.output import Output
    from harness.terminal.processes import Child, ProcessError

    child = Child(Work())
    try:
        child.give(arguments)
        return _awaited(child, signals)
    except ProcessError as error:
        return Output(error=f"rehearse: {error}", exit_code=error.exit_code)
    finally:
        child.end()


def _awaited(child: "Child", signals: int) -> "Output":
    from dataclasses import replace
    from multiprocessing.connection import wait

    from harness.terminal.output import Output, Plan
    from harness.terminal.processes import LOOK_SECONDS, ProcessError

    plan = Plan()
    while True:
        ready = wait([child.channel, signals], LOOK_SECONDS)
        if signals in ready:
            number = os.read(signals, 1)[0]
            child.stop()
            # A second signal is not waited for.
            if child.channel in wait([child.channel, signals], _GRACE_SECONDS):
                try:
                    answer = child.take()
                except (ProcessError, KeyboardInterrupt):
                    answer = None
                plan = answer if isinstance(answer, Plan) else plan
                if isinstance(answer, Output):  # as much of a report as there is
                    return replace(answer, exit_code=128 + number)
            return Output(error=f"rehearse: stopped: {plan.if_stopped}", exit_code=128 + number)
        if ready:
            answer = child.take()
            if isinstance(answer, Output):
                return answer
            plan, child.timeout = answer, answer.timeout
            child.give(None)
        child.check()


class Work:
    """What is done in the process: first arguments become a Plan, then what they say is done."""

    def __init__(self) -> None:
        self._options: Any = None

    def __call__(self, arguments: list[str] | None) -> "Plan | Output":
        from harness.terminal.output import Plan
        from harness.terminal.processes import Interrupted, interruptible

        if arguments is None:
            return self._perform()
        interruptible()
        try:
            return self._read(arguments)
        except Interrupted:
            return Plan()

    def _read(self, arguments: list[str]) -> "Plan | Output":
        from contextlib import redirect_stdout
        from io import StringIO

        from harness.cli import rehearse as cli
        from harness.terminal.output import Output

        said = StringIO()
        try:
            with redirect_stdout(said):
                self._options = cli.read(arguments)
        except SystemExit as usage:  # help, or bad usage, which is on standard error already
            return Output(int(usage.code or 0), said.getvalue().rstrip("\n"))
        return cli.plan(self._options)

    def _perform(self) -> "Plan | Output":
        from dataclasses import replace

        from harness.cli import rehearse as cli
        from harness.terminal.output import Output
        from harness.terminal.processes import Interrupted
        from worker.program import run

        plan, outputs = cli.plan(self._options), []

        def work() -> int:
            outputs.append(cli.perform(self._options))
            return 0

        try:
            exit_code = run("rehearse", work)
        except Interrupted as stopped:
            return replace(plan, if_stopped=str(stopped) or plan.if_stopped)
        return outputs[0] if outputs else Output(exit_code)
