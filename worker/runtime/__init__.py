"""worker.runtime: loads a Worker and answers HTTP with it."""

from worker.runtime.app import Access, create_app
from worker.runtime.errors import AddressInUse, LoadError, ServeError
from worker.runtime.lifespan import answer_lifespan
from worker.runtime.local import LocalNamespaces, open_local
from worker.runtime.platform import Platform
from worker.runtime.server import Certificate, bind, serve
from worker.runtime.worker import Worker, load_configured, load_worker

__all__ = [
    "Access",
    "AddressInUse",
    "Certificate",
    "LoadError",
    "LocalNamespaces",
    "Platform",
    "ServeError",
    "Worker",
    "answer_lifespan",
    "bind",
    "create_app",
    "load_configured",
    "load_worker",
    "open_local",
    "serve",
]
