"""What is shown after the API refused the credentials: whose they are."""

import asyncio

from worker.cloudflare.errors import ApiError, CloudflareError
from wrangler_compat.cli.context import Invocation

_HINT = (
    "📎 It looks like you are authenticating Wrangler via a custom API token set in an environment "
    "variable.\n"
    "Please ensure it has the correct permissions for this operation.\n"
)


def explain_credentials(invocation: Invocation, *, again: bool = True) -> None:
    """Print the user of the credentials. When the API refuses that too, say so; ``again``: try once more."""
    from worker.cloudflare.credentials import find_credentials

    try:
        if find_credentials(invocation.environ).token:
            invocation.console.say(_HINT)
        asyncio.run(_show(invocation))
    except CloudflareError as error:
        if not again:
            return
        invocation.console.fail(error)
        if isinstance(error, ApiError) and error.unauthenticated:
            explain_credentials(invocation, again=False)


async def _show(invocation: Invocation) -> None:
    from worker.cloudflare.client import ApiClient
    from worker.cloudflare.credentials import base_url, find_credentials
    from wrangler_compat.cli.version import USER_AGENT
    from wrangler_compat.cli.whoami import show_user

    environ = invocation.environ
    credentials, clock = find_credentials(environ), invocation.clock
    async with ApiClient(base_url(environ), credentials, clock, user_agent=USER_AGENT) as client:
        await show_user(client, invocation.console)
