"""Which path is which call.

A path is matched as it was sent, segment by segment, and decoded once after that: a key may hold ``/``, ``%``
and dots. An empty segment names nothing, so a path with a slash at its end is never the path without it:
fetch turns a request for the key ``..`` into one for its namespace, with a slash at the end.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_to_bytes

from worker.rest.accounts import (
    list_accounts,
    list_memberships,
    read_account,
    read_user,
    script_settings,
    verify_token,
)
from worker.rest.bulk import bulk_delete, bulk_get, bulk_put
from worker.rest.call import Handler
from worker.rest.entries import delete_value, list_keys, read_metadata, read_value, write_value
from worker.rest.errors import no_method, no_route, undecodable_key
from worker.rest.namespaces import (
    create_namespace,
    delete_namespace,
    list_namespaces,
    read_namespace,
    rename_namespace,
)

PREFIX: Final = "/client/v4"
_NAMESPACES: Final = "/accounts/{account}/storage/kv/namespaces"
_NAMESPACE: Final = _NAMESPACES + "/{namespace}"

ROUTES: Final[Mapping[str, Mapping[str, Handler]]] = {
    _NAMESPACES: {"GET": list_namespaces, "POST": create_namespace},
    _NAMESPACE: {"GET": read_namespace, "PUT": rename_namespace, "DELETE": delete_namespace},
    _NAMESPACE + "/keys": {"GET": list_keys},
    _NAMESPACE + "/values/{key}": {"GET": read_value, "PUT": write_value, "DELETE": delete_value},
    _NAMESPACE + "/metadata/{key}": {"GET": read_metadata},
    # Deleting many has two spellings; the older one, in the body of a DELETE, is what wrangler uses.
    _NAMESPACE + "/bulk": {"PUT": bulk_put, "DELETE": bulk_delete},
    _NAMESPACE + "/bulk/delete": {"POST": bulk_delete},
    _NAMESPACE + "/bulk/get": {"POST": bulk_get},
    "/accounts": {"GET": list_accounts},
    "/accounts/{account}": {"GET": read_account},
    "/accounts/{account}/workers/scripts/{script}/settings": {"GET": script_settings},
    "/memberships": {"GET": list_memberships},
    "/user": {"GET": read_user},
    "/user/tokens/verify": {"GET": verify_token},
}
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def route(method: str, path: bytes) -> tuple[Handler, dict[str, str]]:
    """Who answers a request, and what its path names; ``path`` is as sent, without the query.

    Raises RestError: 7003 (404), 7001 (405), and 10023 (400) for a name that cannot be decoded.
    """
    shown = path.decode("utf-8", "replace")
    for pattern, handlers in ROUTES.items():
        names = _match(PREFIX + pattern, path)
        if names is not None:
            if method not in handlers:
                raise no_method(method)
            return handlers[method], {name: _decoded(sent) for name, sent in names.items()}
    raise no_route(shown)


def _match(pattern: str, path: bytes) -> dict[str, bytes] | None:
    expected, given = pattern.split("/"), path.split(b"/")
    if len(expected) != len(given) or not all(_fits(*pair) for pair in zip(expected, given, strict=True)):
        return None
    return dict(_names(expected, given))


def _fits(expected: str, given: bytes) -> bool:
    return given != b"" if expected.startswith("{") else expected.encode() == given


def _names(expected: list[str], given: list[bytes]) -> Iterator[tuple[str, bytes]]:
    for name, segment in zip(expected, given, strict=True):
        if name.startswith("{"):
            yield name[1:-1], segment


def _decoded(segment: bytes) -> str:
    """Percent-decoded once; ``+`` stays what it is."""
    if _BROKEN_ESCAPE.search(segment):
        raise undecodable_key()
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError as error:
        raise undecodable_key() from error
