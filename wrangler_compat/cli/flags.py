"""The flags of the command line: which take a value, and of what kind."""

from dataclasses import dataclass
from typing import Final, Literal

FlagType = Literal["text", "switch", "number"]


@dataclass(frozen=True, slots=True)
class Flag:
    """``many``: takes all values that follow, is a list. ``bare``: may stand without a value.

    ``required``: the command cannot do without. ``beyond``: wrangler does not know it. ``choices``: the only
    values; none for any. ``aliases``: other names of it.
    """

    name: str
    kind: FlagType
    help: str
    short: str = ""
    many: bool = False
    bare: bool = False
    required: bool = False
    beyond: bool = False
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    again: bool = False


GLOBAL: Final = (
    Flag("config", "text", "Path to the configuration file", short="c"),
    Flag("cwd", "text", "Run as if started in this folder"),
    Flag("env", "text", "Environment of the configuration to use", short="e"),
    Flag("env-file", "text", "File with environment variables, instead of .env", many=True),
    Flag("help", "switch", "Show this help", short="h"),
    Flag("version", "switch", "Show the version", short="v"),
)

BINDING: Final = Flag("binding", "text", "The binding that names the namespace in the configuration")
NAMESPACE_ID: Final = Flag("namespace-id", "text", "The id of the namespace")
PREVIEW: Final = Flag("preview", "switch", "Use the preview namespace of the binding")
JSON: Final = Flag("json", "switch", "Print the result as JSON, and nothing else on stdout", beyond=True)

PLACE: Final = (
    Flag("local", "switch", "Use the local namespace (the default)"),
    Flag("remote", "switch", "Use the namespace in the account"),
    Flag("persist-to", "text", "Folder of the local state, instead of .wrangler/state", bare=True),
)

NAMESPACE: Final = (BINDING, NAMESPACE_ID, PREVIEW, *PLACE)

ENTRY: Final = (
    Flag("ttl", "number", "Seconds until the entry expires, at least 60", bare=True),
    Flag("expiration", "number", "When the entry expires, in seconds since the UNIX epoch", bare=True),
    Flag("metadata", "text", "A JSON object that is stored beside the value", bare=True),
)

PUT: Final = (*ENTRY, Flag("path", "text", "Read the value from this file"), JSON)

LIST: Final = (
    Flag("prefix", "text", "Only keys that begin with this"),
    Flag(
        "limit", "number", "At most this many keys; the cursor of the next ones goes to stderr", beyond=True
    ),
    Flag("cursor", "text", "Go on where a listing with --limit ended", beyond=True),
)

GET: Final = (Flag("text", "switch", "Decode the value as UTF-8 and end it with a newline"),)

BULK_PUT: Final = (*ENTRY, JSON)

BULK_DELETE: Final = (Flag("force", "switch", "Do not ask for confirmation", short="f"), JSON)

NAMESPACE_CREATE: Final = (
    PREVIEW,
    Flag("jurisdiction", "text", "Where the data of the new namespace stays: us, eu or fedramp"),
    Flag(
        "experimental-mode",
        "text",
        "instant: a namespace of KV Instant, a private beta",
        choices=("instant",),
    ),
    Flag("use-remote", "switch", "Write a remote binding into the configuration"),
    Flag("update-config", "switch", "Write the new namespace into the configuration, without asking"),
    Flag("binding", "text", "The binding of the new namespace in the configuration", bare=True),
    JSON,
)

NAMESPACE_DELETE: Final = (
    BINDING,
    NAMESPACE_ID,
    PREVIEW,
    Flag("skip-confirmation", "switch", "Do not ask for confirmation", short="y"),
    JSON,
)

NAMESPACE_RENAME: Final = (
    Flag("namespace-id", "text", "The id of the namespace", bare=True),
    Flag("new-name", "text", "The new name of the namespace", bare=True, required=True),
    JSON,
)

DIFF: Final = (PREVIEW, *PLACE, JSON)

_PREFIX: Final = Flag("prefix", "text", "Only keys that begin with this")
_FORMAT: Final = Flag(
    "format",
    "text",
    "Format of the file that is written (default: by its ending)",
    choices=("json", "jsonl", "sqlite"),
)
_APPLY: Final = Flag("apply", "switch", "Write to the account; without it, only say what would be written")

EXPORT: Final = (*NAMESPACE, _PREFIX, _FORMAT, JSON)

IMPORT: Final = (*NAMESPACE, _PREFIX, _APPLY, JSON)

COPY: Final = (PREVIEW, *PLACE, _PREFIX, _FORMAT, _APPLY, JSON)

CENSUS: Final = (PREVIEW, *PLACE, _PREFIX, JSON)

SERVE: Final = (
    Flag("port", "number", "Port to listen on (8788)"),
    Flag("ip", "text", "Address to listen on (localhost)"),
    Flag("token", "text", "Token that requests must send; safer in KV_SERVE_TOKEN than on a command line"),
    Flag("persist-to", "text", "Folder of the local state, instead of .wrangler/state"),
    Flag("synthetic", "text", "File of a census: a namespace `synthetic`, read-only, is generated from it"),
    Flag("strict", "switch", "To workerd, list as production may: short pages, only KV's own cursors"),
)
