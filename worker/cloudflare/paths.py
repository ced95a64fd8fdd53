"""Paths of the KV endpoints, below the base of the API. No part of one can change where it leads."""

from typing import Final
from urllib.parse import quote

from worker.cloudflare.errors import CloudflareError

# What encodeURIComponent leaves as it is, besides letters, digits and ``_.-~``.
_SAFE: Final = "!'()*"
_COLLAPSING: Final = ("", ".", "..")


def namespaces_path(account: str) -> str:
    return f"/accounts/{account}/storage/kv/namespaces"


def namespace_path(account: str, namespace: str) -> str:
    """Raises CloudflareError for an id that would name another resource."""
    if namespace in _COLLAPSING:
        raise CloudflareError(f'"{namespace}" cannot be the id of a namespace; nothing was sent.')
    return f"{namespaces_path(account)}/{quote(namespace, safe=_SAFE)}"


def value_path(account: str, namespace: str, key: str) -> str:
    """The path of a value. It collapses if ``collapses`` says so, and then must not be asked for."""
    return f"{namespace_path(account, namespace)}/values/{quote(key, safe=_SAFE, errors='replace')}"


def collapses(key: str) -> bool:
    """Whether the path of this key would lose its end on the way.

    URLs are normalised: ``values/..`` is the namespace itself, and to delete that is not what was asked for.
    """
    return key in _COLLAPSING
