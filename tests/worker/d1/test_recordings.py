"""Every recorded case of D1, on the binding in this process."""

import pytest

from tests.worker.d1.playing import play
from tests.worker.d1.recordings import Case, cases, difference, known_difference
from worker.d1.binding import D1Database
from worker.d1.database import Database

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
async def test_answers_as_recorded(case: Case) -> None:
    database = Database()
    outcomes = await play(case, D1Database(database))
    database.close()
    for number, (step, outcome) in enumerate(zip(case.steps, outcomes, strict=True)):
        if outcome is not None and not known_difference(case, number):
            assert (number, difference(outcome, step["expect"])) == (number, None)
