"""The recordings, played by a real Worker in workerd whose buckets are ours."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.worker.r2.playing import RECORDED, played_here
from tests.worker.workerd import served
from worker.r2 import BucketFolder
from worker.r2.wire import create_r2_app
from worker.serving import bind, serve

pytestmark = [pytest.mark.anyio, pytest.mark.workerd]

_CONFIGURATION = """\
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [ ( name = "worker", worker = .worker ),
    {services} ],
  sockets = [ ( name = "http", address = "127.0.0.1:0", http = (), service = "worker" ) ],
);

const worker :Workerd.Worker = (
  modules = [ ( name = "worker.js", esModule = embed "worker.js" ) ],
  compatibilityDate = "2026-01-01",
  bindings = [ {bindings} ],
);
"""
_SERVICE = """( name = "{name}", external = ( address = "{address}", http = (
      injectRequestHeaders = [ ( name = "X-R2-Bucket", value = "{name}" ) ] ) ) )"""


@pytest.fixture(scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    folder = BucketFolder(tmp_path_factory.mktemp("state"))
    names = [case.replace(", ", " ") for case in RECORDED]
    async with serve(create_r2_app(folder), bind("127.0.0.1", 0)) as url:
        address = url.removeprefix("http://")
        services = ",\n    ".join(_SERVICE.format(name=name, address=address) for name in names)
        bindings = ", ".join(f'( name = "{name}", r2Bucket = "{name}" )' for name in names)
        text = _CONFIGURATION.format(services=services, bindings=bindings)
        player = (Path(__file__).parent / "player.mjs").read_text()
        async with served(tmp_path_factory.mktemp("workerd"), text, player) as client:
            yield client
    await folder.close()


@pytest.mark.parametrize("case", played_here())
async def test_answers_as_recorded(real: httpx.AsyncClient, case: str) -> None:
    steps, recorded = RECORDED[case]["steps"], RECORDED[case]["outcomes"]
    answer = await real.post("/", params={"bucket": case.replace(", ", " ")}, json=steps)
    assert answer.status_code == 200, answer.text
    for step, outcome, wanted in zip(steps, answer.json(), recorded, strict=True):
        assert outcome == wanted, step
