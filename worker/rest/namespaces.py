"""Namespaces: list, create, read, rename, delete."""

from typing import Any, Final

from starlette.responses import Response

from worker.rest.body import read_json
from worker.rest.call import Call
from worker.rest.envelope import success
from worker.rest.errors import bad_body, bad_parameter, bad_title, title_taken
from worker.rest.registry import Namespace

_DEFAULT_PER_PAGE: Final = 20
_PER_PAGE: Final = range(5, 1001)
_TITLE_LENGTH: Final = 512
_JURISDICTIONS: Final = ("eu", "us", "fedramp")


async def list_namespaces(call: Call) -> Response:
    """One page; past the end it is empty, which is how the SDKs know that there are no more."""
    query = call.query
    page = query.number("page", 10007)
    per_page = query.number("per_page", 10008)
    page = 1 if page is None else page
    per_page = _DEFAULT_PER_PAGE if per_page is None else per_page
    if page < 1:
        raise bad_parameter(10007, "page", str(page), "at least 1")
    if per_page not in _PER_PAGE:
        raise bad_parameter(10008, "per_page", str(per_page), f"{_PER_PAGE[0]} to {_PER_PAGE[-1]}")
    order = query.choice("order", ("id", "title"), 10043)
    backwards = query.choice("direction", ("asc", "desc"), 10044) == "desc"
    everything = sorted(call.service.registry, key=lambda one: _place(one, order), reverse=backwards)
    shown = [one.shown() for one in everything[(page - 1) * per_page : page * per_page]]
    return success(shown, _page_info(page, per_page, len(shown), len(everything)))


def _place(namespace: Namespace, order: str) -> tuple[str, str]:
    return (namespace.title, namespace.id) if order == "title" else (namespace.id, namespace.title)


def _page_info(page: int, per_page: int, count: int, total: int) -> dict[str, Any]:
    pages = -(-total // per_page)
    return {
        "page": page,
        "per_page": per_page,
        "count": count,
        "total_count": total,
        "total_pages": pages,
    }


async def create_namespace(call: Call) -> Response:
    content = await _object(call)
    title = _title(content)
    jurisdiction = content.get("jurisdiction")
    if jurisdiction is not None and jurisdiction not in _JURISDICTIONS:
        raise bad_body(f"jurisdiction must be one of {', '.join(_JURISDICTIONS)}, not {jurisdiction!r}")
    mode = content.get("experimental_mode")
    if mode not in (None, "instant"):
        raise bad_body(f"experimental_mode must be instant, not {mode!r}")
    if call.service.registry.titled(title) is not None:
        raise title_taken()
    return success(call.service.registry.create(title, jurisdiction, mode).shown())


async def read_namespace(call: Call) -> Response:
    return success(call.namespace("get namespace").shown())


async def rename_namespace(call: Call) -> Response:
    namespace = call.namespace()
    title = _title(await _object(call))
    other = call.service.registry.titled(title)
    if other is not None and other.id != namespace.id:
        raise title_taken()
    return success(call.service.registry.rename(call.namespace(), title).shown())


async def delete_namespace(call: Call) -> Response:
    """The entries first: if that fails half-way the namespace is still there, and can be deleted again."""
    namespace = call.namespace()
    await call.service.stores.empty(namespace.id)
    call.service.registry.delete(namespace)
    return success(None)


async def _object(call: Call) -> dict[str, Any]:
    content = await read_json(call.request)
    if not isinstance(content, dict):
        raise bad_body("it must be an object with a title")
    return content


def _title(content: dict[str, Any]) -> str:
    title = content.get("title")
    if not isinstance(title, str) or not title:
        raise bad_title("is missing: the body must be an object with a title, a text that is not empty")
    if len(title) > _TITLE_LENGTH:
        raise bad_title(f"of {len(title)} characters exceeds limit of {_TITLE_LENGTH}")
    return title
