"""Blob and File."""

import pytest
from js import Blob as JsBlob
from pyodide.ffi import to_js

from worker.sdk import Blob, File

pytestmark = pytest.mark.anyio


async def test_blob_joins_parts_of_every_kind() -> None:
    parts = ["é", b"b", memoryview(b"c"), Blob("d"), JsBlob.new(to_js(["e"])), bytearray(b"f")]
    assert await Blob(parts).text() == "ébcdef"


def test_slice_loses_its_content_type() -> None:
    assert Blob("abc").slice(0, 1, "text/x").content_type == ""


async def test_slice_counts_from_the_end() -> None:
    assert await Blob("abcdef").slice(-3, -1).text() == "de"


def test_file_inherits_from_a_single_file() -> None:
    file = File(File("x", "a", content_type="text/x", last_modified=7), "b")
    assert (file.name, file.content_type, file.last_modified) == ("b", "text/x", 7)


def test_file_is_new_unless_it_says_otherwise() -> None:
    assert File("x", "a").last_modified > 1_700_000_000_000


@pytest.mark.parametrize("part", [5, None, 1.5])
def test_other_parts_are_refused(part: object) -> None:
    with pytest.raises(TypeError, match=f"^Don't know how to handle {type(part)} for Blob\\(\\)$"):
        Blob([part])
