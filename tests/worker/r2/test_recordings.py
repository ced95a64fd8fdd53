"""The binding of a Python Worker answers what workerd and miniflare were recorded to answer."""

from pathlib import Path

import pytest

from tests.worker.r2.playing import RECORDED, play, played_here
from worker.r2 import BucketFolder, R2Bucket


@pytest.mark.anyio
@pytest.mark.parametrize("case", played_here())
async def test_answers_are_those_recorded(case: str, tmp_path: Path) -> None:
    folder = BucketFolder(tmp_path)
    steps, recorded = RECORDED[case]["steps"], RECORDED[case]["outcomes"]
    outcomes = await play(R2Bucket(folder("bucket")), steps)
    await folder.close()
    for step, outcome, wanted in zip(steps, outcomes, recorded, strict=True):
        assert outcome == wanted, step
