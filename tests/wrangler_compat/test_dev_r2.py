"""``dev`` with an R2 bucket: for Python in its process, for JavaScript in the real workerd."""

from pathlib import Path

import pytest

from tests.wrangler_compat.dev import IN_BOTH_LANGUAGES, answer_of

pytestmark = pytest.mark.own_clock

CONFIG = """\
[[r2_buckets]]
binding = "PICTURES"
bucket_name = "pictures"
"""
PYTHON = """\
from pyodide.ffi import JsException
from workers import Response, WorkerEntrypoint


class Default(WorkerEntrypoint):
    async def fetch(self, request):
        bucket = self.env.PICTURES
        options = {"httpMetadata": {"contentType": "text/x"}, "customMetadata": {"by": "me"}}
        await bucket.put("a/1", "hello", **options)
        await bucket.put("a/2", b"bytes")
        got = await bucket.get("a/1")
        listed = await bucket.list(prefix="a/", limit=1)
        try:
            await bucket.put("k" * 1025, "")
        except JsException as error:
            refused = error.message
        upload = await bucket.createMultipartUpload("parts")
        first = await upload.uploadPart(1, "x" * 5 * 1024 * 1024)
        second = await bucket.resumeMultipartUpload("parts", upload.uploadId).uploadPart(2, "end")
        whole = await upload.complete([first, second])
        try:
            await upload.uploadPart(0, "")
        except JsException as error:
            number = error.message
        return Response.json([
            got["httpMetadata"].contentType, got.customMetadata["by"], await got.text(), got["bodyUsed"],
            [one.key for one in listed.objects], listed.truncated, refused, whole.size, whole.etag, number,
        ])
"""
JAVASCRIPT = """\
export default {
  async fetch(request, env) {
    const bucket = env.PICTURES;
    const options = { httpMetadata: { contentType: "text/x" }, customMetadata: { by: "me" } };
    await bucket.put("a/1", "hello", options);
    await bucket.put("a/2", new TextEncoder().encode("bytes"));
    const got = await bucket.get("a/1");
    const listed = await bucket.list({ prefix: "a/", limit: 1 });
    const upload = await bucket.createMultipartUpload("parts");
    const first = await upload.uploadPart(1, "x".repeat(5 * 1024 * 1024));
    const second = await bucket.resumeMultipartUpload("parts", upload.uploadId).uploadPart(2, "end");
    const whole = await upload.complete([first, second]);
    let refused, number;
    try { await bucket.put("k".repeat(1025), "") } catch (error) { refused = error.message }
    try { await upload.uploadPart(0, "") } catch (error) { number = error.message }
    return Response.json([
      got.httpMetadata.contentType, got.customMetadata.by, await got.text(), got.bodyUsed,
      listed.objects.map((one) => one.key), listed.truncated, refused, whole.size, whole.etag, number,
    ]);
  },
};
"""
ANSWER = [
    "text/x",
    "me",
    "hello",
    True,
    ["a/1"],
    True,
    "put: The specified object name is not valid. (10020)",
    5 * 1024 * 1024 + 3,
    "6d7c5fbffce55b2eb513ca823d7235b2-2",
    "Part number must be between 1 and 10000 (inclusive). Actual value was: 0",
]


@IN_BOTH_LANGUAGES
def test_a_worker_finds_its_bucket(tmp_path: Path, main: str) -> None:
    answer, lines = answer_of(tmp_path, CONFIG, main, PYTHON if main == "entry.py" else JAVASCRIPT)
    assert answer == ANSWER
    row = f"R2 Bucket, 0 objects in {tmp_path / '.wrangler/state/v3/r2'}"
    assert any("env.PICTURES (pictures)" in line and row in line for line in lines)
