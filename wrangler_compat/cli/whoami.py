"""What is known of credentials that the API refused: shown so that one sees whose they are."""

import asyncio
from collections.abc import Mapping, Sequence

from kvstore.clock import Clock
from kvstore.text.printable import printable
from worker.cloudflare.account import find_accounts
from worker.cloudflare.client import ApiClient
from worker.cloudflare.credentials import base_url, find_credentials
from worker.cloudflare.errors import ApiError, CloudflareError
from wrangler_compat.cli.console import USER_AGENT, Console
from wrangler_compat.cli.table import table

_EMAIL_DENIED = 9109
_ACCOUNT_TOKEN = 1000
_HINT = (
    "📎 It looks like you are authenticating Wrangler via a custom API token set in an environment "
    "variable.\n"
    "Please ensure it has the correct permissions for this operation.\n"
)


def explain_credentials(
    environ: Mapping[str, str], console: Console, clock: Clock, *, again: bool = True
) -> None:
    """Print the user of the credentials. When the API refuses that too, say so; ``again``: try once more."""
    try:
        if find_credentials(environ).token:
            console.say(_HINT)
        asyncio.run(_ask(environ, console, clock))
    except CloudflareError as error:
        if not again:
            return
        console.fail(error)
        if isinstance(error, ApiError) and error.unauthenticated:
            explain_credentials(environ, console, clock, again=False)


async def _ask(environ: Mapping[str, str], console: Console, clock: Clock) -> None:
    credentials = find_credentials(environ)
    async with ApiClient(base_url(environ), credentials, clock, user_agent=USER_AGENT) as client:
        await show_user(client, console)


async def show_user(client: ApiClient, console: Console) -> None:
    """Print who the credentials belong to. Raises CloudflareError when the API does not say."""
    console.say("Getting User settings...")
    kind = await _kind(client)
    email = client.credentials.email or await _email(client)
    accounts = await find_accounts(client, some=False)
    console.say(printable(_greeting(kind, email, accounts)))
    if kind != "Global API Key":
        console.say("ℹ️  The API Token is read from the CLOUDFLARE_API_TOKEN environment variable.")
    rows = [[printable(str(one[member])) for member in ("name", "id")] for one in accounts]
    console.say(table(["Account Name", "Account ID"], rows))
    place = "profile" if kind == "User API Token" or not accounts else accounts[0]["id"]
    console.say(f"🔓 To see token permissions visit https://dash.cloudflare.com/{place}/api-tokens")


async def _kind(client: ApiClient) -> str:
    if client.credentials.key:
        return "Global API Key"
    try:
        await client.ask("GET", "/user/tokens/verify")
    except ApiError as error:
        if error.code != _ACCOUNT_TOKEN:
            raise
        return "Account API Token"
    return "User API Token"


async def _email(client: ApiClient) -> str:
    try:
        envelope = await client.ask("GET", "/user")
    except ApiError as error:
        if error.code != _EMAIL_DENIED:
            raise
        return ""
    return str((envelope.get("result") or {}).get("email") or "")


def _greeting(kind: str, email: str, accounts: Sequence[dict[str, str]]) -> str:
    if kind == "Account API Token" and accounts:
        return f"👋 You are logged in with an {kind}, associated with the account {accounts[0]['name']}."
    if not email:
        return (
            f"👋 You are logged in with an {kind}. Unable to retrieve email for this user. "
            "Are you missing the `User->User Details->Read` permission?"
        )
    return f"👋 You are logged in with an {kind}, associated with the email {email}."
