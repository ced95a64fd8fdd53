"""Clients that write over HTTP until their server dies, and a ledger of what they were told."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import httpx

from kvstore import SeededEntropy
from tests.durability.load import WRITERS, value_of

NAMESPACE: Final = "ns"
_WIRE: Final = {"X-KV-Namespace": NAMESPACE}
_BULK: Final = f"/client/v4/accounts/any/storage/kv/namespaces/{NAMESPACE}/bulk"
_KEYS_EACH: Final = 4
_LONGEST: Final = 6_000

# By key: the number of the put that wrote it, None for a key that is not there.
Changes = Mapping[str, int | None]


@dataclass
class Ledger:
    """What may be stored: the state that was acknowledged last, and what was asked for since."""

    known: dict[str, int | None] = field(default_factory=dict)
    asked: dict[str, int | None] = field(default_factory=dict)
    acknowledged: int = 0

    def ask(self, changes: Changes) -> None:
        self.asked.update(changes)

    def confirm(self, changes: Changes) -> None:
        self.known.update(changes)
        self.acknowledged += 1
        for key in changes:
            del self.asked[key]

    def allowed(self, key: str) -> list[int | None]:
        """The states that a key may be in."""
        return [self.known.get(key), *([self.asked[key]] if key in self.asked else [])]

    def settle(self, stored: Mapping[str, int]) -> None:
        """What was found is what is known from here on."""
        self.known, self.asked = dict(stored), {}


async def write_until_dead(
    url: str, ledger: Ledger, seed: int, enough: int, kill: Callable[[], None]
) -> None:
    """Sixteen clients put and delete, one key or many, until ``enough`` are acknowledged; then ``kill``.

    Answers that were under way when the server died count too.
    """
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:

        async def client(writer: int) -> None:
            entropy = SeededEntropy(seed * WRITERS + writer)
            keys = [f"{writer}-{number}" for number in range(_KEYS_EACH)]
            number = seed * 1_000_000
            with suppress(httpx.TransportError):
                while True:
                    number += 1
                    which = keys if entropy.below(4) == 0 else [keys[entropy.below(_KEYS_EACH)]]
                    changes = dict.fromkeys(which, number if entropy.below(3) else None)
                    ledger.ask(changes)
                    answer = await http.send(_request(http, changes))
                    assert answer.status_code == 200, answer.text
                    ledger.confirm(changes)
                    if ledger.acknowledged >= enough:
                        kill()

        await asyncio.gather(*(client(writer) for writer in range(WRITERS)))


def _request(http: httpx.AsyncClient, changes: Changes) -> httpx.Request:
    """One key over the wire protocol of workerd, several over the REST API."""
    if len(changes) > 1:
        puts = [
            {"key": key, "value": value_of(key, number, _LONGEST).decode(), "metadata": str(number)}
            for key, number in changes.items()
            if number is not None
        ]
        return http.build_request("PUT" if puts else "DELETE", _BULK, json=puts or list(changes))
    [(key, number)] = changes.items()
    if number is None:
        return http.build_request("DELETE", f"/{key}", headers=_WIRE)
    headers = _WIRE | {"CF-KV-Metadata": f'"{number}"'}
    return http.build_request("PUT", f"/{key}", headers=headers, content=value_of(key, number, _LONGEST))


def stored_number(key: str, value: bytes, metadata: str | None) -> int:
    """Which put wrote an entry. Raises AssertionError when it is not whole."""
    assert metadata is not None, f"{key} has lost its metadata"
    number = int(metadata.strip('"'))
    assert value == value_of(key, number, _LONGEST), f"{key} is not what put {number} wrote"
    return number
