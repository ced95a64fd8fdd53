"""The recordings, played by a real Worker in workerd whose buckets are ours."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.worker.r2.playing import RECORDED, played_here
from tests.worker.workerd import configuration, served
from worker.r2 import BucketFolder
from worker.r2.wire import create_r2_app
from worker.serving import bind, serve

pytestmark = [pytest.mark.anyio, pytest.mark.workerd]

_BINDING = '( name = "{name}", r2Bucket = "{name}" )'


@pytest.fixture(scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    folder = BucketFolder(tmp_path_factory.mktemp("state"))
    names = [case.replace(", ", " ") for case in RECORDED]
    async with serve(create_r2_app(folder), bind("127.0.0.1", 0)) as url:
        text = configuration(names, _BINDING, "X-R2-Bucket", url.removeprefix("http://"))
        player = (Path(__file__).parent / "player.mjs").read_text()
        async with served(tmp_path_factory.mktemp("workerd"), text, player) as client:
            yield client
    await folder.close()


@pytest.mark.parametrize("case", played_here())
async def test_answers_as_recorded(real: httpx.AsyncClient, case: str) -> None:
    steps, recorded = RECORDED[case]["steps"], RECORDED[case]["outcomes"]
    # httpx would not write a lone surrogate.
    answer = await real.post("/", params={"bucket": case.replace(", ", " ")}, content=json.dumps(steps))
    assert answer.status_code == 200, answer.text
    for step, outcome, wanted in zip(steps, answer.json(), recorded, strict=True):
        assert outcome == wanted, step
