"""Whose namespaces are meant: the accounts that the credentials reach."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final

from kvstore.text.printable import printable
from worker.cloudflare.client import ApiClient
from worker.cloudflare.errors import ApiError, CloudflareError
from worker.cloudflare.pages import numbered

_ID: Final = re.compile("[A-Za-z0-9_-]+")
_ADVICE: Final = (
    "You can also skip this account check by adding an account ID to your Wrangler configuration file, or by "
    "setting the value of CLOUDFLARE_ACCOUNT_ID"
)
_NOT_FOUND: Final = "Failed to automatically retrieve account IDs for the logged in user.\n"
_DENIED: Final = {
    9106: (
        "You may have incorrect permissions on your API token, or an environment variable such as "
        "CLOUDFLARE_API_TOKEN, CLOUDFLARE_API_KEY, or CLOUDFLARE_EMAIL may be set to an invalid value.\n"
        "Check your environment and unset or correct any Cloudflare credential variables, or run "
        f"`wrangler login` to re-authenticate.\n{_ADVICE}"
    ),
    10000: (
        "You may have incorrect permissions on your API token, or your authentication may have expired. "
        f"Try running `wrangler login` to re-authenticate. {_ADVICE}"
    ),
}
_NONE: Final = (
    "In a non-interactive environment, it is mandatory to specify an account ID, either by assigning its "
    "value to CLOUDFLARE_ACCOUNT_ID, or in your Wrangler configuration file.\n"
    "Alternatively, try running `wrangler login` to re-authenticate."
)


def checked_id(account: str, where: str) -> str:
    """An account id that somebody wrote down. Raises CloudflareError for one that cannot stand in a path."""
    if not _ID.fullmatch(account):
        raise CloudflareError(
            f'Invalid account ID "{account}" {where}. Account IDs may only contain alphanumeric characters, '
            "hyphens, and underscores."
        )
    return account


def named_account(configured: str | None, environ: Mapping[str, str]) -> str:
    """The account of the configuration, else CLOUDFLARE_ACCOUNT_ID; "" for neither.

    Raises CloudflareError for what cannot stand in a path.
    """
    if configured:
        return checked_id(configured, "set in your Wrangler configuration file")
    named = environ.get("CLOUDFLARE_ACCOUNT_ID") or environ.get("CF_ACCOUNT_ID")
    return checked_id(named, "set in the `CLOUDFLARE_ACCOUNT_ID` environment variable") if named else ""


async def find_accounts(client: ApiClient, *, some: bool = True) -> list[dict[str, Any]]:
    """The accounts that the credentials may use, as ``{id, name}``: those they see and are a member of.

    Raises CloudflareError when the API does not say, and, with ``some``, when there are none.
    """
    accounts: list[dict[str, Any]] | BaseException
    memberships: list[dict[str, Any]] | BaseException
    accounts, memberships = await asyncio.gather(
        numbered(client, "/accounts"), numbered(client, "/memberships"), return_exceptions=True
    )
    if isinstance(accounts, BaseException):
        raise accounts
    if isinstance(memberships, BaseException):
        if not isinstance(memberships, ApiError) or not memberships.unauthenticated:
            raise memberships
        if accounts:  # an account's own token has no memberships
            return accounts
        raise CloudflareError(_NOT_FOUND + _DENIED[memberships.code]) from memberships
    mine = {(membership.get("account") or {}).get("id") for membership in memberships}
    usable = [account for account in accounts if account.get("id") in mine]
    if some and not usable:
        raise CloudflareError(_NOT_FOUND + _NONE)
    return usable


def several(accounts: list[dict[str, Any]]) -> CloudflareError:
    """What to say when one of several accounts would have to be chosen, without a terminal to ask at."""
    lines = "\n".join(
        f"  `{printable(str(account.get('name')))}`: `{account.get('id')}`" for account in accounts
    )
    return CloudflareError(
        "More than one account available but unable to select one in non-interactive mode.\n"
        "Please set the appropriate account ID in your Wrangler configuration file or assign it to the "
        "`CLOUDFLARE_ACCOUNT_ID` environment variable.\n"
        f"Available accounts are (`<name>`: `<account_id>`):\n{lines}"
    )
