"""The Worker's tests: `pytest examples/notes`. The fixtures come with Understudy."""


def test_a_note_is_kept(worker, kv):
    before = kv.NOTES.snapshot()
    answer = worker.put("/b", body="milk")
    assert answer.status == 201
    assert kv.NOTES.diff(before).added == ["b", "last"]
    assert worker.get("/b").text == "milk"


def test_a_note_lasts_a_day(worker, clock):
    worker.put("/b", body="milk")
    clock.advance(hours=23)
    assert worker.get("/b").ok
    clock.advance(hours=1)
    assert worker.get("/b").status == 404


def test_the_cron_job_leaves_a_mark(worker, kv, clock):
    worker.scheduled("0 3 * * *")
    assert kv.NOTES.text("swept") == str(clock.now_ms())


def test_kv_fails(worker, kv):
    kv.NOTES.seed({"a": "1"})
    kv.NOTES.fail("refused@1")
    assert worker.get("/a").status == 500
    assert worker.get("/a").text == "1"


def test_background_work_fails(worker, kv):
    kv.NOTES.fail("refused@2")
    assert worker.put("/b", body="milk").status == 201
    assert len(worker.background_errors) == 1
