"""Copies a namespace out of a Cloudflare account, to rehearse on. Nothing is ever written there."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.sources.partial_copy import PartialCopy
from harness.sources.source import Source, bound, preview_of
from kvstore import Clock, Entry, NamespaceCopy, SourceError
from kvstore.text.address import without_password
from worker.cloudflare.account import find_accounts, named_account, several
from worker.cloudflare.client import ApiClient
from worker.cloudflare.credentials import base_url, find_credentials
from worker.cloudflare.entries import fetch_entries
from worker.cloudflare.errors import ApiError, CloudflareError, NoTokenError, OfflineError
from worker.cloudflare.namespaces import deployed_binding
from worker.cloudflare.values import Values
from worker.config import WorkerConfig, command_env, find_config, load_config

OnProgress = Callable[[str, int, int | None], None]


class RemoteError(SourceError):
    """The account's namespace could not be copied: why, and what is kept, in lines."""


@dataclass(frozen=True)
class Wanted:
    """Which namespace: ``namespace_id``, or what the configuration binds as ``binding``.

    ``config`` is the configuration's file, by default the one that wrangler would find from ``folder``.
    """

    binding: str = "CACHE"
    namespace_id: str | None = None
    preview: bool = False
    environment: str | None = None
    config: Path | None = None
    folder: Path = Path()


def _nobody(what: str, done: int, of: int | None) -> None:
    """The default listener."""


def copy_remote(
    wanted: Wanted, environ: Mapping[str, str], clock: Clock, on_progress: OnProgress = _nobody
) -> Source:
    """Copy every entry, with metadata and expiration, through the Cloudflare API.

    ``environ`` and the .env files of the folder hold CLOUDFLARE_API_TOKEN, CLOUDFLARE_ACCOUNT_ID and
    CLOUDFLARE_API_BASE_URL, as for wrangler. Of a copy that was interrupted the values are kept beside the
    configuration, and the next call goes on from there. ``clock`` is the machine's; ``on_progress`` gets what
    is done, how often it was, and of how many (None: not yet known). KV has no snapshots: what is written
    meanwhile is in the copy or is not.

    Raises RemoteError with the API's words, ConfigError for the configuration, and KeyboardInterrupt, both
    with what is kept.
    """
    download = _Download(wanted, environ, clock, on_progress)
    try:
        return asyncio.run(download.run())
    except CloudflareError as error:
        raise RemoteError("\n".join([*_in_words(error, download.environ), *download.kept()])) from error
    except KeyboardInterrupt as error:
        raise type(error)(*download.kept()) from error


class _Download:
    """One copy: where it comes from, and how far it got."""

    def __init__(
        self, wanted: Wanted, environ: Mapping[str, str], clock: Clock, on_progress: OnProgress
    ) -> None:
        self._wanted = wanted
        self._config = _configuration(wanted, environ)
        self.environ = command_env(wanted.folder, environ, wanted.environment)
        self._clock = clock
        self._on_progress = on_progress
        self._partial: PartialCopy | None = None
        self._done = self._of = 0

    async def run(self) -> Source:
        url, credentials = base_url(self.environ), find_credentials(self.environ)
        async with ApiClient(url, credentials, self._clock, only_reads=True) as client:
            account = await self._account(client)
            named, namespace = await self._namespace(client, account)
            root = self._config.root if self._config else self._wanted.folder.absolute()
            values = Values(client, account, namespace)
            keys = await self._keys(values)
            self._partial = PartialCopy(root, f"{without_password(url)}/{account}/{namespace}", self._clock)
            try:
                entries = await self._entries(values, self._partial, keys)
            finally:
                await self._partial.close()
        return Source(f"account {account} ({named}namespace {namespace})", NamespaceCopy(entries))

    def kept(self) -> list[str]:
        """What the next copy need not ask for again, in words; nothing before the first value."""
        if self._partial is None:
            return []
        place = self._partial.path
        return [
            f"{self._done:,} of {self._of:,} values are kept in {place}: the same command goes on from there"
        ]

    async def _keys(self, values: Values) -> list[dict[str, Any]]:
        keys: list[dict[str, Any]] = []
        async for part in values.key_parts():
            keys += part
            self._on_progress("keys listed", len(keys), None)
        return keys

    async def _entries(
        self, values: Values, partial: PartialCopy, keys: list[dict[str, Any]]
    ) -> dict[str, Entry]:
        missing = await partial.missing(keys)
        self._of, self._done = len(keys), len(keys) - len(missing)
        self._on_progress("values copied", self._done, self._of)
        async for entries in fetch_entries(values, missing):
            await partial.add(entries)
            self._done += len(entries)
            self._on_progress("values copied", self._done, self._of)
        return await partial.finish()

    async def _account(self, client: ApiClient) -> str:
        account = named_account(self._config.account_id if self._config else None, self.environ)
        if account:
            return account
        accounts = await find_accounts(client)
        if len(accounts) > 1:
            raise several(accounts)
        return str(accounts[0]["id"])

    async def _namespace(self, client: ApiClient, account: str) -> tuple[str, str]:
        """How the namespace was named, and its id; for a binding without one the deployed Worker is asked."""
        wanted, config = self._wanted, self._config
        if wanted.namespace_id:
            return "", wanted.namespace_id
        if config is None:
            raise SourceError(
                f"no wrangler configuration in {wanted.folder.absolute()} or above says which namespace "
                f"{wanted.binding} is: give --config or --namespace-id"
            )
        binding = bound(config, wanted.binding)
        found = preview_of(binding) if wanted.preview else binding.id
        if found is None and config.name:
            found = await deployed_binding(client, account, config.name, binding.binding)
        if found is None:
            raise SourceError(
                f"neither {config.path} nor the deployed Worker says which namespace {binding.binding} is: "
                "give --namespace-id"
            )
        return f"binding {binding.binding}, ", found


def _in_words(error: CloudflareError, environ: Mapping[str, str]) -> list[str]:
    """What went wrong, for somebody who does not type to wrangler."""
    if isinstance(error, NoTokenError):
        return ["set CLOUDFLARE_API_TOKEN to a token that may read Workers KV, here or in a .env file"]
    if isinstance(error, OfflineError):
        return [f"the Cloudflare API could not be reached at {base_url(environ)}"]
    return [str(error), *(error.notes if isinstance(error, ApiError) else ())]


def _configuration(wanted: Wanted, environ: Mapping[str, str]) -> WorkerConfig | None:
    path = wanted.config or find_config(wanted.folder.absolute())
    if path is None:
        return None
    if not path.is_file():
        raise SourceError(f"{path} does not exist")
    return load_config(path, wanted.environment, environ, with_secrets=False)
