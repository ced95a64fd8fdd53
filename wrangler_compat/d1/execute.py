"""``d1 execute``: SQL on a local database."""

from typing import Any, Final

from kvstore.javascript.json_text import stringify
from kvstore.javascript.values import to_string
from worker.d1.statements import is_empty, split
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.table import table
from wrangler_compat.d1.target import Target, check_place, find_target

_BINARY: Final = b"SQLite format 3"


async def execute_sql(invocation: Invocation) -> int:
    """Carry out --command or --file in one transaction, and show the rows: on a terminal as tables."""
    console = invocation.console
    if not console.only_data:
        console.banner()
        console.location()
    try:
        results = await execute(invocation, _sql(invocation))
    except CommandError as error:
        if not console.only_data:
            raise
        console.data("\n" + str(stringify({"error": {"text": str(error)}}, indent="  ")))
        return 1
    if not console.interactive or console.only_data:
        console.document(results)
        return 0
    for result in results:
        if rows := result["results"]:
            console.say(table(list(rows[0]), [list(map(to_string, row.values())) for row in rows]))
    return 0


def _sql(invocation: Invocation) -> str:
    """Raises CommandError unless there is exactly one text, and it is one."""
    arguments = invocation.arguments
    command, file = arguments.text("command"), arguments.text("file")
    if command and file:
        raise CommandError("Error: can't provide both --command and --file.")
    if not command and not file:
        raise CommandError("Error: must provide --command or --file.")
    check_place(invocation)
    if command:
        return command
    try:
        content = (invocation.folder / str(file)).read_bytes()
    except OSError as error:
        raise CommandError(
            f'Unable to read SQL text file "{file}". Please check the file path and try again.'
        ) from error
    if content.startswith(_BINARY):
        raise CommandError(
            "Provided file is a binary SQLite database file instead of an SQL text file. The execute command "
            "can only process SQL text files. Please export an SQL file from your SQLite database and try "
            "again."
        )
    return content.decode("utf-8", "replace").removeprefix("\ufeff")


async def execute(invocation: Invocation, sql: str) -> list[dict[str, Any]]:
    """The results as wrangler shows them, after saying where. Raises CommandError."""
    target, console = find_target(invocation), invocation.console
    console.say(f"🌀 Executing on local database {target.display}:")
    console.say("🌀 To execute on your remote database, add a --remote flag to your wrangler command.")
    results = await quietly(target, sql)
    count = len(results)
    console.say(f"🚣 {count} command{'' if count == 1 else 's'} executed successfully.")
    return results


async def quietly(target: Target, sql: str) -> list[dict[str, Any]]:
    """As `execute`, without a word."""
    return [
        {
            "results": [
                {name: _shown(value) for name, value in row.items()} for row in result.get("results", [])
            ],
            "success": result["success"],
            "meta": {"duration": result["meta"]["duration"]},
        }
        for result in await target.batch(statements(sql))
    ]


def _shown(value: Any) -> Any:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value


_TRANSACTION: Final = "BEGIN TRANSACTION"
_SEVERAL: Final = (
    "Wrangler could not process the provided SQL file, as it contains several transactions.\n"
    "D1 runs your SQL in a transaction for you.\n"
    "Please export an SQL file from your SQLite database and try again."
)


def statements(text: str) -> list[str]:
    """Raises CommandError for several transactions."""
    if _TRANSACTION in text:
        text = text.replace(f"{_TRANSACTION};", "", 1).replace("COMMIT;", "", 1)
        if _TRANSACTION in text:
            raise CommandError(_SEVERAL)
    parts = [part.strip() for part in split(text) if not is_empty(part)]
    return parts if len(parts) > 1 else [text]
