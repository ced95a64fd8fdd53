"""The commands of ``rehearse`` that are not a migration's. What they run is imported when it is asked for."""

from harness.cli.flags import add_explain, add_merge, add_mutate, add_new, add_run
from harness.terminal.command import Command, later

OWN = {
    "run": Command(
        help="a migration of your own, declared in a Python file",
        epilog="example: rehearse run migration.py --from ./my-worker",
        flags=add_run,
        run=later("harness.cli.run:run_own"),
    ),
    "mutate": Command(
        help="what a GO of `run` is worth: which small mistakes in your Worker it would notice",
        epilog="example: rehearse mutate migration.py --from ./my-worker --sample 40",
        flags=add_mutate,
        run=later("harness.mutation.command:run_mutate"),
    ),
    "lint": Command(
        help="check a Worker's code before anything runs: what loses data or meets a limit",
        epilog="example: rehearse lint ./my-worker",
        flags=later("harness.lint.command:add_lint"),
        run=later("harness.lint.command:run_lint"),
    ),
    "new": Command(
        help="write the skeleton of a migration of your own",
        epilog="example: rehearse new migration.py --from ./my-worker",
        flags=add_new,
        run=later("harness.cli.run:run_new"),
    ),
    "explain": Command(
        help="show one run of a migration of your own, operation by operation",
        epilog="example: rehearse explain migration.py 'seed=7 entries=1' --from ./my-worker",
        flags=add_explain,
        run=later("harness.cli.run:run_explain"),
    ),
    "merge": Command(
        help="one report of what several machines have searched",
        epilog="example: rehearse merge part-*.json --html report.html",
        flags=add_merge,
        run=later("harness.cli.merge:run_merge"),
    ),
    "export": Command(
        help="a report in another format: a page, CI's, a tracer's",
        epilog="example: rehearse export chrome report.json --output trace.json",
        flags=later("harness.report.export_command:add_export"),
        run=later("harness.report.export_command:run_export"),
    ),
}
