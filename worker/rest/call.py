"""One call of the API: the request, what its path names, and what the answer is made from."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from kvstore.layers.instant import Held, Instant, InstantLimits
from kvstore.storage.storage import Storage
from kvstore.store import Store
from worker.rest.errors import Verb, malformed_namespace, namespace_not_found
from worker.rest.query import Query
from worker.rest.registry import Namespace, Registry
from worker.rest.stores import ClosableStore, OpenStores


@dataclass(frozen=True, slots=True)
class Account:
    """The one account that there is. Every account id is taken for it."""

    id: str = "0" * 32
    name: str = "Understudy"
    email: str = "understudy@localhost"


@dataclass(frozen=True, slots=True)
class Service:
    """What all calls share; ``bindings`` are the KV bindings of Workers, name to namespace id."""

    account: Account
    registry: Registry
    stores: OpenStores
    bindings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """``names`` are the variable parts of the path, decoded once."""

    service: Service
    request: Request
    names: Mapping[str, str]

    @property
    def query(self) -> Query:
        return Query(self.request)

    def namespace(self, verb: Verb | None = None) -> Namespace:
        """The namespace that the path names. Raises RestError: 10011 for no id at all, 10013."""
        id = self.names["namespace"]
        namespace = self.service.registry.find(id)
        if namespace is not None:
            return namespace
        if len(id) != 32 or any(digit not in "0123456789abcdefABCDEF" for digit in id):
            raise malformed_namespace(id)
        raise namespace_not_found(verb)

    def store(self, verb: Verb | None = None) -> ClosableStore:
        return self.service.stores.of(self.namespace(verb).id)

    def storage(self, verb: Verb | None = None) -> Storage:
        return Storage(self.limited(self.store(verb)))

    def limited(self, store: Store) -> Store:
        """A store of the namespace, with the limits of its mode."""
        if self.namespace().mode is None:
            return store
        mode = Instant()
        return InstantLimits(store, mode, Held(self.store(), mode))


Handler = Callable[[Call], Awaitable[Response]]
