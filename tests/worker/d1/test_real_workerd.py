"""The recordings, played by a real Worker in workerd whose databases are ours."""

from collections.abc import AsyncIterator

import pytest

from tests.worker.d1.recordings import Case, cases, known_difference, service_difference
from tests.worker.d1.workerd import RealWorker, running
from worker.d1.database import Database
from worker.d1.wire import create_d1_app
from worker.serving import bind, serve

pytestmark = [pytest.mark.anyio, pytest.mark.workerd]


@pytest.fixture(scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealWorker]:
    databases: dict[str, Database] = {}
    app = create_d1_app(lambda name: databases.setdefault(name, Database()))
    async with serve(app, bind("127.0.0.1", 0)) as url:
        folder = tmp_path_factory.mktemp("workerd")
        async with running(folder, url.removeprefix("http://"), cases()) as worker:
            yield worker
    for database in databases.values():
        database.close()


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
async def test_answers_as_recorded(real: RealWorker, case: Case) -> None:
    outcomes = await real.play(case)
    for number, (step, outcome) in enumerate(zip(case.steps, outcomes, strict=True)):
        if not known_difference(case, number):
            assert (number, service_difference(outcome, step["expect"])) == (number, None)
