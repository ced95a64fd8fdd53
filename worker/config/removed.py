"""Fields that wrangler had once: what is said of a configuration that has one still."""

from typing import Final

from worker.config.scope import Scope

_FROM_TOP: Final = {
    "legacy_env": (
        'The "legacy_env" field is no longer supported, so please remove it from your configuration file.\n'
        "Service environments have been removed, and each environment is now deployed as its own Worker "
        'named "<name>-<environment>". This matches the behaviour of "legacy_env = true", which was the '
        "default, so removing the field will not change how your Worker is deployed.\n"
        "Refer to https://developers.cloudflare.com/workers/wrangler/environments/ for more information."
    ),
}
_ANYWHERE: Final = {
    "node_compat": (
        'Removed: "node_compat":\n'
        'The "node_compat" field is no longer supported as of Wrangler v4. Instead, use the `nodejs_compat` '
        "compatibility flag. This includes the functionality from legacy `node_compat` polyfills and "
        "natively implemented Node.js APIs. See "
        "https://developers.cloudflare.com/workers/runtime-apis/nodejs for more information."
    ),
}
REMOVED: Final = frozenset(_ANYWHERE)
REMOVED_FROM_TOP: Final = REMOVED.union(_FROM_TOP)


def refuse_removed(scope: Scope) -> None:
    """An error for each of them at this level."""
    removed = {**_FROM_TOP, **_ANYWHERE} if scope.name is None else _ANYWHERE
    for name, advice in removed.items():
        if name in scope.raw:
            scope.error(advice)
