"""The flags of ``dev``: those that it acts on, and those that it knows and cannot act on."""

from typing import Final

from wrangler_compat.cli.flags import Flag

LEVELS: Final = ("debug", "info", "log", "warn", "error", "none")
_PROTOCOLS: Final = ("http", "https")
# As worker.sdk.surroundings has them, which is slow to import: `kv key list` reads these flags too.
ESCAPES: Final = ("threads", "sockets", "processes", "entropy", "functions")
# As kvstore.conditions has them.
CONDITIONS: Final = ("local", "production", "free", "hostile", "instant")

WORKER: Final = (
    Flag(
        "config", "text", "Path to the configuration file; several are Workers side by side", "c", again=True
    ),
    Flag("name", "text", "Name of the Worker"),
    Flag("compatibility-date", "text", "The runtime of this day, YYYY-MM-DD"),
    Flag("compatibility-flags", "text", "Flags of the runtime", many=True, aliases=("compatibility-flag",)),
    Flag("var", "text", "KEY:VALUE, a variable that overrides the configuration", many=True),
)

LISTENING: Final = (
    Flag("ip", "text", "Address to listen on (localhost)"),
    Flag("port", "number", "Port to listen on (8787, or the next free one)"),
    Flag("local-protocol", "text", "Protocol to listen for (http)", choices=_PROTOCOLS),
    Flag("https-key-path", "text", "Key of a certificate of your own"),
    Flag("https-cert-path", "text", "Certificate of your own"),
    Flag("inspector-port", "number", "Port for a debugger (9229, or the next free one)"),
    Flag("inspector-ip", "text", "Address for a debugger (127.0.0.1)"),
)

UPSTREAM: Final = (
    Flag("host", "text", "Host that the Worker takes for its own"),
    Flag("routes", "text", "Routes; the host of the first is taken", many=True, aliases=("route",)),
    Flag("local-upstream", "text", "The same as --host; taken if both are given"),
    Flag("upstream-protocol", "text", "Protocol that the Worker sees in its URLs", choices=_PROTOCOLS),
)

# What esbuild is told; a Python Worker is not built.
BUILD: Final = (
    Flag("no-bundle", "switch", "Run the entry file as it is"),
    Flag("define", "text", "NAME:VALUE, an expression put in the place of a name", many=True),
    Flag("alias", "text", "MODULE:OTHER, a module put in the place of another", many=True),
    Flag("jsx-factory", "text", "Function that makes a JSX element"),
    Flag("jsx-fragment", "text", "Function that makes a JSX fragment"),
    Flag("tsconfig", "text", "Path to a tsconfig.json"),
    Flag("minify", "switch", "Shorten the code"),
)

SESSION: Final = (
    Flag("persist-to", "text", "Folder of the local state, instead of .wrangler/state"),
    Flag("strict", "switch", "List as production may: short pages, only KV's own cursors"),
    Flag("allow", "text", "Let a Python Worker do what the platform refuses", many=True, choices=ESCAPES),
    Flag("assets", "text", "Folder of static assets, instead of the configuration's"),
    Flag("test-scheduled", "switch", "Also run the scheduled handler at /__scheduled"),
    Flag("cron", "switch", "Fire the cron triggers by themselves"),
    Flag("live-reload", "switch", "Reload HTML pages in the browser when the Worker changes"),
    Flag("log-level", "text", "Least important messages to print (log)", choices=LEVELS),
    Flag("show-interactive-dev-session", "switch", "React to single keys on a terminal (true)"),
    Flag("local", "switch", "Run on this machine (always)", short="l"),
)

# What dev emulates of the platform; wrangler has none of it.
EMULATED: Final = (
    Flag("conditions", "text", "Platform to emulate: its limits and stale reads (local)", choices=CONDITIONS),
    Flag("colo", "text", "Location that requests come to (AMS)"),
    Flag("fault", "text", "KIND@N: what happens to the N-th operation of KV or call of D1"),
    Flag("lag", "number", "How far D1's read replicas are behind, in milliseconds (0: there are none)"),
    Flag("seed", "number", "Seed of everything random (1)"),
)

# Accepted, so that a script that gives them goes on working; each is answered with its reason.
WITHOUT_EFFECT: Final = {
    "latest": "the runtime is the one that is installed",
    "types": "no types are generated; `wrangler types` does that",
    "tunnel": "only this machine and its network can reach the Worker",
}

DEV: Final = (
    *WORKER,
    *LISTENING,
    *UPSTREAM,
    *BUILD,
    *SESSION,
    *EMULATED,
    Flag("remote", "switch", "Not possible here: refused", short="r"),
    Flag("latest", "switch", "Without effect here"),
    Flag("types", "switch", "Without effect here"),
    Flag("tunnel", "switch", "Without effect here"),
)
