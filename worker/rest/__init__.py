"""worker.rest: local namespaces behind Cloudflare's v4 REST API.

    app.py, routes.py, call.py                          who may ask, and which call it is
    namespaces.py, entries.py, bulk.py, accounts.py     the calls
    query.py, body.py, multipart.py, form_metadata.py   what they are given
    envelope.py, errors.py                              what they answer
    registry.py, stores.py                             the namespaces, and what holds them

What may be stored is the storage layer's matter (kvstore.storage.storage). Behaviour: docs/rest-api.md.
"""

from worker.rest.app import create_rest_app
from worker.rest.call import Account
from worker.rest.registry import namespaces_in
from worker.rest.stores import ClosableStore, StoreOpener

__all__ = [
    "Account",
    "ClosableStore",
    "StoreOpener",
    "create_rest_app",
    "namespaces_in",
]
