"""OpenTelemetry's traces as JSON: a span for each request, and one below it for each KV operation.

Names and attributes are those of Workers' own tracing. Source: the product's page "Spans and attributes", and
the OTLP specification, section "JSON Protobuf Encoding".
"""

import json
from hashlib import blake2b
from typing import Any, Final

_NAMES: Final = {
    "get": "kv_get",
    "get_many": "kv_get",
    "put": "kv_put",
    "delete": "kv_delete",
    "scan": "kv_list",
}
_SERVER, _CLIENT = 2, 3
_ERROR: Final = 2


def otlp(run: dict[str, Any]) -> str:
    """The traces of a run with every KV operation: a resource for each location."""
    spans: dict[str, list[dict[str, Any]]] = {}
    calls = {one["name"]: one for one in run["requests"]}
    for call in run["requests"]:
        spans.setdefault(call["colo"], []).append(_request(run, call))
    for one in run["operations"]:
        spans[calls[one["request"]]["colo"]].append(_operation(run, one))
    resources = [
        {
            "resource": {
                "attributes": _attributes(
                    {"service.name": run["migration"], "cloud.provider": "cloudflare", "cloud.region": place}
                )
            },
            "scopeSpans": [{"scope": {"name": "understudy"}, "spans": found}],
        }
        for place, found in spans.items()
    ]
    return json.dumps({"resourceSpans": resources})


def _request(run: dict[str, Any], call: dict[str, Any]) -> dict[str, Any]:
    failed = call["status"] is None or call["status"] >= 500
    given = {
        "http.request.method": call["method"],
        "url.path": call["path"],
        "http.response.status_code": call["status"],
        "understudy.request": call["name"],
    }
    return _span(run, call["name"], "", "fetch", _SERVER, (call["sent"], call["answered"]), given, failed)


def _operation(run: dict[str, Any], one: dict[str, Any]) -> dict[str, Any]:
    given = {
        "db.system.name": "cloudflare-kv",
        "db.operation.name": one["verb"],
        "cloudflare.binding.type": "KV",
        "cloudflare.kv.query.keys": one["key"],
        "error.type": one["code"],
        "understudy.version": one["reads"][0]["version"] if one["reads"] else one["wrote"],
        "understudy.newest": one["reads"][0]["newest"] if one["reads"] else None,
    }
    times, failed = (one["begin"], one["end"]), one["error"] is not None
    name = f"{one['request']}:{one['ordinal']}"
    return _span(run, one["request"], name, _NAMES[one["verb"]], _CLIENT, times, given, failed)


def _span(
    run: dict[str, Any],
    request: str,
    operation: str,
    name: str,
    kind: int,
    times: tuple[int, int],
    given: dict[str, Any],
    failed: bool,
) -> dict[str, Any]:
    scenario = f"{run['migration']}/{run['scenario']}/{request}"
    begin, end = times
    return {
        "traceId": _identity(scenario, 16),
        "spanId": _identity(f"{scenario}/{operation}", 8),
        **({"parentSpanId": _identity(f"{scenario}/", 8)} if operation else {}),
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(begin * 1_000_000),
        "endTimeUnixNano": str(max(begin, end) * 1_000_000),
        "attributes": _attributes(given),
        "status": {"code": _ERROR} if failed else {},
    }


def _identity(name: str, size: int) -> str:
    return blake2b(name.encode(), digest_size=size).hexdigest()


def _attributes(given: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for name, value in given.items()
        if value is not None
    ]
