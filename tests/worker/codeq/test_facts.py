"""The measured facts, against what the code says of itself."""

import json
import re
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.worker.codeq.recorded import FOLDER
from worker.codeq import CLAIM_SHA, CodeqKeys, LegacyKeys, Settings, create_codeq, create_scheduler, embedded
from worker.codeq.keys import BUILT_IN_COMMANDS, Keys
from worker.codeq.settings import RETENTION_SECONDS

FACTS: dict[str, Any] = json.loads((FOLDER / "facts.json").read_text())
# Neither has an effect on what can be seen: the one is not heeded, the other sweeps what nobody reads.
WITHOUT_EFFECT = {"allowedClockSkewSeconds", "subscriptionCleanupIntervalSeconds"}
# Where a process listens, connects and logs is the affair of whoever starts it; the zone is an object here.
OF_THE_PROCESS = {"port", "redisAddr", "timezone", "logLevel", "logFormat", "env"}
NO_SETTING = {"retentionSeconds"}
BY_ADDRESS = {"identityJwksUrl", "identityIssuer", "identityAudience"}


def shared(keys: Keys) -> set[str]:
    return {keys.tasks, keys.ttl, keys.lease("<id>"), keys.inprog("<command>")}


def test_claim_asks_for_the_recorded_script() -> None:
    recorded = (FOLDER / "http.txt").read_text()
    assert set(re.findall(r"evalsha (\w+)", recorded)) == {CLAIM_SHA}


def test_keys_of_codeq_are_the_measured_ones() -> None:
    keys = CodeqKeys()
    ours = shared(keys) | {
        *(keys.results, keys.subs, keys.idempo("<key>"), keys.subscribers("<command>")),
        *(keys.queue("<command>", part) for part in ("pending:<0-9>", "delayed", "dlq")),
        *(keys.last_sent("<id>"), keys.turn("<command>", "<group>")),
    }
    assert ours == set(FACTS["codeq"]["keys"])


def test_keys_of_the_scheduler_are_the_documented_ones() -> None:
    keys = LegacyKeys()
    assert shared(keys) | {keys.pending("<command>")} == set(FACTS["legacy"]["keys"])


def routes(app: Starlette) -> set[tuple[str, str]]:
    return {
        (method, re.sub(r"\{(\w+)\}", r":\1", route.path))
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }


@pytest.mark.anyio
@pytest.mark.parametrize("service", ["codeq", "legacy"])
async def test_routes_are_the_measured_ones(service: str) -> None:
    async with httpx.AsyncClient() as http:
        server = embedded()
        app = (
            create_scheduler(server, http) if service == "legacy" else create_codeq(server, http, Settings())
        )
        await server.close()
    endpoints = [one for one in FACTS[service]["endpoints"] if one["success"]["status"] != 404]
    assert routes(app) == {(one["method"], one["path"]) for one in endpoints}


def test_defaults_are_the_measured_ones() -> None:
    settings = Settings()
    skipped = WITHOUT_EFFECT | OF_THE_PROCESS | NO_SETTING | BY_ADDRESS
    for name, value in FACTS["codeq"]["defaults"].items():
        if name not in skipped:
            assert getattr(settings, re.sub(r"(?=[A-Z])", "_", name).lower()) == value, name
    assert FACTS["codeq"]["defaults"]["retentionSeconds"] == RETENTION_SECONDS
    assert tuple(FACTS["commands_builtin"]) == BUILT_IN_COMMANDS
    assert settings.producer_jwks_url == f"{settings.identity_service_url}/v1/.well-known/jwks.json"
