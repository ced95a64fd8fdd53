"""A place to test in: the API over stores in memory, with a clock that stands still."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from kvstore import Entry, ManualClock, SeededEntropy, SqliteStore
from kvstore.entropy import Entropy
from tests.worker.rest.asking import Answer, ask
from worker.rest import Account, create_rest_app

ACCOUNT = "a" * 32
CACHE = "1" * 32
OTHER = "2" * 32
NOBODY = "3" * 32
KNOWN = {CACHE: "cache-ns", OTHER: "other-ns"}
TOKEN = "a-token"
NOW = 1_795_312_800
ROOT = f"/client/v4/accounts/{ACCOUNT}/storage/kv/namespaces"


@dataclass
class Place:
    """``ask`` takes a path below the namespaces, or one that begins with ``/client``."""

    folder: Path
    known: dict[str, str] = field(default_factory=KNOWN.copy)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW * 1000))
    stores: dict[str, SqliteStore] = field(default_factory=dict)
    bindings: dict[str, str] = field(default_factory=dict)
    entropy: Entropy = field(default_factory=lambda: SeededEntropy(7))
    token: str | None = None

    def __post_init__(self) -> None:
        self.app = self.make()

    def make(self, token: str | None = None) -> Starlette:
        account = Account(ACCOUNT, "stub account", "stub@example.com")
        return create_rest_app(
            self.folder,
            self.store,
            self.known,
            bindings=self.bindings,
            token=token or self.token,
            account=account,
            entropy=self.entropy,
        )

    def store(self, namespace: str) -> SqliteStore:
        return self.stores.setdefault(namespace, SqliteStore.in_memory(self.clock))

    async def ask(self, method: str, path: str, body: Any = b"", content_type: str = "") -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": content_type} if content_type else {}
        target = path if path.startswith("/client") else ROOT + path
        return await ask(self.app, method, target, content, headers)

    async def dump(self, namespace: str = CACHE) -> dict[str, Entry]:
        store = self.store(namespace)
        return await store.get_many([info.name for info in (await store.scan()).keys])

    async def close(self) -> None:
        for store in self.stores.values():
            await store.close()


def form(*fields: tuple[str, bytes]) -> tuple[bytes, str]:
    """A multipart body, and its content type."""
    parts = [
        b'--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in fields
    ]
    return b"".join(parts) + b"--edge--\r\n", "multipart/form-data; boundary=edge"
