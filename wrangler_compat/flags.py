"""The flags of the command line: which take a value, and of what kind."""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["text", "switch", "number"]


@dataclass(frozen=True, slots=True)
class Flag:
    """``many``: may be given more than once, and then is a list."""

    name: str
    kind: Kind
    help: str
    short: str = ""
    many: bool = False


GLOBAL: Final = (
    Flag("config", "text", "Path to the configuration file", short="c"),
    Flag("cwd", "text", "Run as if started in this folder"),
    Flag("env", "text", "Environment of the configuration to use", short="e"),
    Flag("help", "switch", "Show this help", short="h"),
    Flag("version", "switch", "Show the version", short="v"),
)

NAMESPACE: Final = (
    Flag("binding", "text", "The binding that names the namespace in the configuration"),
    Flag("namespace-id", "text", "The id of the namespace"),
    Flag("preview", "switch", "Use the preview namespace of the binding"),
    Flag("local", "switch", "Use the local namespace (the default)"),
    Flag("remote", "switch", "Use the namespace in the account"),
    Flag("persist-to", "text", "Folder of the local state, instead of .wrangler/state"),
)

PUT: Final = (
    Flag("ttl", "number", "Seconds until the entry expires, at least 60"),
    Flag("expiration", "number", "When the entry expires, in seconds since the UNIX epoch"),
    Flag("metadata", "text", "A JSON object that is stored beside the value"),
    Flag("path", "text", "Read the value from this file"),
)

LIST: Final = (Flag("prefix", "text", "Only keys that begin with this"),)

GET: Final = (Flag("text", "switch", "Decode the value as UTF-8 and end it with a newline"),)

DEV: Final = (
    Flag("port", "number", "Port to listen on (8787)"),
    Flag("ip", "text", "Address to listen on (localhost)"),
    Flag("persist-to", "text", "Folder of the local state, instead of .wrangler/state"),
    Flag("var", "text", "KEY:VALUE, a variable that overrides the configuration", many=True),
)
