"""The flags of ``d1``."""

from typing import Final

from wrangler_compat.cli.flags import Flag

_PLACE: Final = (
    Flag("local", "switch", "Use the local database (the default)"),
    Flag("remote", "switch", "Use the database in the account: refused here"),
)
_PERSIST_TO: Final = Flag("persist-to", "text", "Folder of the local state; needs --local")
_PREVIEW: Final = Flag("preview", "switch", "Use the preview database in the account: refused here")

EXECUTE: Final = (
    Flag("command", "text", "SQL to carry out, statements separated by semicolons"),
    Flag("file", "text", "File with SQL to carry out"),
    Flag("yes", "switch", "Answer yes to any question", short="y"),
    *_PLACE,
    _PERSIST_TO,
    Flag("json", "switch", "Print the result as JSON, and nothing else"),
    _PREVIEW,
)
MIGRATIONS: Final = (*_PLACE, _PREVIEW, _PERSIST_TO)
EXPORT: Final = (
    *_PLACE,
    Flag("skip-confirmation", "switch", "Do not ask for confirmation", short="y"),
    Flag("output", "text", "File for the SQL", required=True),
    Flag("table", "text", "Only this table; may be given more than once", many=True),
    Flag("no-schema", "switch", "Only the rows"),
    Flag("no-data", "switch", "Only the schema"),
)
