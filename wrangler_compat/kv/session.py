"""Who asks the Cloudflare API for a command: found out when first needed, as wrangler does."""

from collections.abc import Callable
from typing import Self

from worker.cloudflare import namespaces
from worker.cloudflare.account import checked_id, find_accounts, named_account, several
from worker.cloudflare.client import ApiClient
from worker.cloudflare.credentials import base_url, find_credentials
from wrangler_compat.cli.console import USER_AGENT
from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.prompt import choose


class Session:
    """The API client and the account of one command; a context manager that closes the connections."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation
        self._config = invocation.project.config
        self._client: ApiClient | None = None
        self._account = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def say(self) -> Callable[[str], None]:
        """Where progress is shown."""
        return self._invocation.console.say

    @property
    def client(self) -> ApiClient:
        """Raises CloudflareError without credentials."""
        if self._client is None:
            environ = self._invocation.environ
            credentials = find_credentials(environ)
            self._client = ApiClient(
                base_url(environ), credentials, self._invocation.clock, user_agent=USER_AGENT
            )
        return self._client

    async def account(self) -> str:
        """The account's id: of the configuration, the environment, else the one the credentials reach."""
        client = self.client
        if not self._account:
            self._account = self._named_account() or await self._chosen_account(client)
        return self._account

    def _named_account(self) -> str:
        return named_account(self._config.account_id if self._config else None, self._invocation.environ)

    async def _chosen_account(self, client: ApiClient) -> str:
        accounts = await find_accounts(client)
        chosen: int | None = 0
        if len(accounts) > 1:
            names = [f"{account.get('name')} ({account.get('id')})" for account in accounts]
            chosen = choose(self._invocation.console, "Select an account", names)
        if chosen is None:
            raise several(accounts)
        return checked_id(str(accounts[chosen]["id"]), "in the answer of the API")

    async def deployed_id(self, binding: str) -> str:
        """The namespace that the deployed Worker has behind a binding. Raises CommandError without one."""
        account = await self.account()
        name = self._config.name if self._config else None
        if not name:
            raise CommandError(
                'Cannot resolve KV binding: no Worker name is configured. Add a "name" field to your '
                "wrangler config file, or use `--namespace-id` instead."
            )
        found = await namespaces.deployed_binding(self.client, account, name, binding)
        if found is None:
            raise CommandError(
                f'No KV namespace ID found for binding "{binding}" in the deployed Worker settings for '
                f'"{name}". Deploy the Worker so the binding is provisioned, or use `--namespace-id` instead.'
            )
        return found

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None
