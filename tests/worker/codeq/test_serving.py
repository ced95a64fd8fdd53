"""Both services and the issuer on real ports, as a rehearsal runs them."""

import httpx
import pytest

from kvstore.clock import SystemClock
from kvstore.entropy import SystemEntropy
from worker.codeq import Issuer, Recording, Settings, create_codeq, create_scheduler
from worker.serving import bind, serve

pytestmark = pytest.mark.anyio


async def test_services_answer_on_ports_of_their_own(server: Recording) -> None:
    listener = bind("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    issuer = Issuer(url, SystemClock(), SystemEntropy())
    jwks = f"{url}/v1/.well-known/jwks.json"
    settings = Settings(identity_service_url=url, worker_jwks_url=jwks, worker_issuer=url)
    async with httpx.AsyncClient() as http, serve(issuer.app, listener):
        old = create_scheduler(server, http, settings)
        new = create_codeq(server, http, settings)
        async with (
            serve(old, bind("127.0.0.1", 0)) as old_url,
            serve(new, bind("127.0.0.1", 0)) as new_url,
        ):
            task = {"command": "GENERATE_MASTER", "payload": {"a": 1}}
            for base, token in (
                (f"{old_url}/v1/scheduler", issuer.id_token()),
                (f"{new_url}/v1/codeq", issuer.producer_token()),
            ):
                headers = {"Authorization": f"Bearer {token}"}
                made = await http.post(f"{base}/tasks", json=task, headers=headers)
                read = await http.get(f"{base}/tasks/{made.json()['id']}", headers=headers)
                assert (made.status_code, read.json()) == (202, made.json())
            refused = await http.get(f"{new_url}/healthz")
            assert (refused.status_code, refused.text) == (404, "404 page not found")
