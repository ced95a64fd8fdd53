"""worker.runtime: loads a Worker and answers HTTP with it."""

from worker.runtime.app import Access, create_app
from worker.runtime.errors import LoadError, MissingEntryError
from worker.runtime.failures import users_traceback
from worker.runtime.http import MOST_BODY
from worker.runtime.lifespan import answer_lifespan
from worker.runtime.local import LocalNamespaces, open_local
from worker.runtime.worker import Worker, load_configured, load_worker
from worker.sdk.platform import Platform
from worker.serving import AddressInUse, Certificate, ServeError, bind, serve

__all__ = [
    "MOST_BODY",
    "Access",
    "AddressInUse",
    "Certificate",
    "LoadError",
    "LocalNamespaces",
    "MissingEntryError",
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
    "users_traceback",
]
