"""``d1 export``: a local database as a file of SQL."""

from worker.d1.dump import NotExportable, dump
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.d1.target import check_place, find_target


def export_database(invocation: Invocation) -> None:
    """Write schema and rows, or one of both, to --output."""
    arguments, console = invocation.arguments, invocation.console
    console.banner()
    console.location()
    output = str(arguments.text("output"))
    schema, rows = not arguments.switch("no-schema"), not arguments.switch("no-data")
    if not schema and not rows:
        raise CommandError("You cannot specify both --no-schema and --no-data")
    path = invocation.folder / output
    if path.is_dir():
        raise CommandError("Please specify a file path for --output, not a directory.")
    check_place(invocation)
    target = find_target(invocation)
    console.say(f"🌀 Exporting local database {target.display}:")
    console.say("🌀 To export your remote database, add a --remote flag to your wrangler command.")
    console.say(f"🌀 Exporting SQL to {output}...")
    tables = frozenset(arguments.flags.get("table", ()))
    try:
        text = "\n".join(dump(target.path, tables, schema=schema, rows=rows))
        path.write_text(text, "utf-8", newline="")
    except (NotExportable, OSError) as error:
        raise CommandError(str(error)) from error
    console.say("Done!")
