"""Names in wrangler's state folder, against recordings of the real runtime."""

import json
from pathlib import Path
from typing import Any

import pytest

from kvstore.stores.state_names import blob_folder_name, database_path

CASES = json.loads((Path(__file__).parents[1] / "data" / "vectors" / "disk" / "names.json").read_text())[
    "cases"
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["namespace"])[:40])
def test_recorded_names(case: dict[str, Any]) -> None:
    assert database_path(Path(), case["namespace"]).as_posix() == case["sqlite"]
    # null where the real runtime loses the values of such a namespace; ours keeps them.
    assert case["blobs"] in (None, f"{blob_folder_name(case['namespace'])}/blobs")
