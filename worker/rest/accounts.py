"""What clients ask around KV: which account there is, whose token this is, what a Worker binds."""

from typing import Any

from starlette.responses import Response

from worker.rest.call import Call
from worker.rest.envelope import success


async def list_accounts(call: Call) -> Response:
    page = call.query.number("page", 10007) or 1
    shown = [_account(call)] if page == 1 else []
    return success(shown, {"page": page, "per_page": 50, "count": len(shown), "total_count": 1})


async def read_account(call: Call) -> Response:
    return success(_account(call) | {"id": call.names["account"]})


async def list_memberships(call: Call) -> Response:
    """No ``result_info``: clients take one page for all there is."""
    return success([{"id": "understudy-membership", "account": _account(call)}])


async def read_user(call: Call) -> Response:
    return success({"id": "understudy-user", "email": call.service.account.email})


async def verify_token(call: Call) -> Response:
    return success({"id": "understudy-token", "status": "active"})


async def script_settings(call: Call) -> Response:
    """The KV bindings: wrangler asks when a binding of its configuration has no id."""
    bound = call.service.bindings.items()
    bindings = [{"type": "kv_namespace", "name": name, "namespace_id": id} for name, id in bound]
    return success({"bindings": bindings})


def _account(call: Call) -> dict[str, Any]:
    return {"id": call.service.account.id, "name": call.service.account.name}
