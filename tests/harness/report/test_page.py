"""The page: one file without a network, drawn in a real Chromium."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest

from harness.cli.rehearse import main
from harness.explore.tally import Tally
from harness.migrations.redis.crashes import Search
from harness.migrations.redis.report import search_page
from harness.model.course import Course, CourseStep, moved_keys
from harness.model.decision import Decision
from harness.report.document import search_document
from harness.report.page import page
from harness.terminal.exit_codes import VIOLATED
from kvstore import Entry
from kvstore.faults import Fault
from tests.harness.report.reports import rehearsal, run
from tests.harness.report.test_document import errors

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
in_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Chromium is not installed (Debian package chromium)"
)


def test_page_is_one_file_under_a_megabyte() -> None:
    text = page(rehearsal())
    assert len(text.encode()) < 1_000_000
    assert "default-src 'none'" in text
    assert not re.search(
        r"""(src|href)=["']?http|@import|fetch\(|XMLHttp""", text.partition('id="document"')[0]
    )


def test_page_escapes_data_that_could_end_an_element() -> None:
    text = page({**run(), "migration": "</script><script>alert(1)</script>"})
    assert "<script>alert" not in text


def drawn(document: dict[str, Any], folder: Path, script: str = "") -> str:
    """What the page has become, once ``script`` has run in it; errors are in its title."""
    listens = "<script>onerror = (text) => { document.title = 'FAILED ' + text; };</script>"
    text = page(document).replace("<head>", f"<head>{listens}", 1)
    path = folder / "page.html"
    path.write_text(text.replace("</body>", f"<script>{script}</script></body>"))
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1280,1600",
            "--virtual-time-budget=2000",
            "--dump-dom",
            f"file://{path}#light",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "FAILED" not in (title := done.stdout.partition("<title>")[2].partition("</title>")[0]), title
    return done.stdout.partition("<main")[2].partition('id="document"')[0]


@pytest.mark.chromium
@pytest.mark.own_clock
@in_chromium
def test_every_finding_is_a_row_and_the_first_is_drawn(tmp_path: Path) -> None:
    shown = drawn(rehearsal(), tmp_path)
    findings = rehearsal()["findings"]
    assert shown.count('role="row"') == len(findings)
    assert all(html.escape(one["what"], quote=False) in shown for one in findings)
    assert shown.count('aria-selected="true"') == 1
    assert shown.count('class="cell"') == 4 * len(findings) + 4
    assert shown.count("data-operation=") > 0
    assert html.escape(findings[0]["replay"], quote=False) in shown


@pytest.mark.chromium
@pytest.mark.own_clock
@in_chromium
def test_stale_copies_are_bands_and_what_was_missed_an_arrow(tmp_path: Path) -> None:
    shown = drawn(run(), tmp_path)
    bands, missed, faults = (
        len(re.findall(f'class="{name}"', shown.partition("legend")[0]))
        for name in ("stale-band", "missed", "fault")
    )
    assert bands >= 3
    assert missed >= 3
    assert faults == 1


@pytest.mark.chromium
@pytest.mark.own_clock
@in_chromium
def test_keys_and_clicks_move_through_it(tmp_path: Path) -> None:
    press = "const press = key => document.dispatchEvent(new KeyboardEvent('keydown', {key}));"
    shown = drawn(
        rehearsal(),
        tmp_path,
        f"{press} press('j'); press('t'); press('+'); press('ArrowLeft'); press('d');"
        "document.querySelector('.events button').click();"
        "const main = document.querySelector('main'), root = document.documentElement;"
        "main.dataset.theme = root.dataset.theme;"
        "main.dataset.seen = document.querySelector('.scrub output').textContent;",
    )
    second = rehearsal()["findings"][1]
    assert f"<h2>{html.escape(second['what'], quote=False)}</h2>" in shown
    assert 'data-theme="dark"' in shown
    assert 'data-seen="00:00.000"' in shown
    assert 'aria-pressed="true" title="t"' in shown


def shown(target: Path) -> dict[str, Any]:
    """The document that a page shows; it is as its schema says."""
    text = target.read_text()
    assert len(text.encode()) < 1_000_000
    found: dict[str, Any] = json.loads(text.partition('id="document">')[2].partition("</script>")[0])
    assert errors(found) == []
    return found


@cache
def page_of(*command: str) -> dict[str, Any]:
    """What the page of a NO-GO shows."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "page.html"
        assert main([*command, "-q", "--html", str(target)]) == VIOLATED
        return shown(target)


def queue_search() -> dict[str, Any]:
    line = "conditions=local tasks=1 leases=0 runs=1"
    return page_of("queue", "--explore", "crashes", "--scenario", line, "--faults", "crash", "--jobs", "1")


def codeq() -> dict[str, Any]:
    return page_of("codeq", "--server", "kvrocks27", "--tasks", "6")


def test_a_search_of_the_queue_has_the_run_of_each_finding() -> None:
    document = queue_search()
    assert document["migration"] == "queue"
    assert document["parts"][0]["looked"]["runs"] > 3
    for finding in document["findings"]:
        assert finding["run"]["operations"]
        assert finding["conditions"]["local"]
        assert set(finding["hazards"]) >= {cause["hazard"] for cause in finding["causes"]}


def test_a_walk_of_the_queue_and_its_crashes_have_a_page(tmp_path: Path) -> None:
    source = tmp_path / "queue.json"
    source.write_text(json.dumps([{"key": "orchestrator:pending", "value": '["a"]'}]))
    walk = page_of("queue", "--from", str(source))
    assert {one["invariant"] for one in walk["verdicts"]} >= {"I2", "I3"}
    assert walk["findings"]
    crashes = page_of(
        "queue", "--from", str(source), "--explore", "crashes", "--faults", "refused", "--jobs", "1"
    )
    assert all("--fault refused@" in one["replay"] for one in crashes["findings"])


def test_codeq_has_the_same_page() -> None:
    pytest.importorskip("fakeredis", reason="the extra codeq is not installed")
    document = codeq()
    assert [one["invariant"] for one in document["findings"]] == ["V5", "V9"]
    assert len(document["verdicts"]) == 16


@pytest.mark.chromium
@pytest.mark.own_clock
@in_chromium
def test_the_page_of_a_search_is_clicked_through(tmp_path: Path) -> None:
    document = queue_search()
    click = (
        "document.querySelectorAll('#findings tbody tr')[1].click();"
        "const range = document.querySelector('.scrub input'), main = document.querySelector('main');"
        "range.value = 1; range.dispatchEvent(new Event('input'));"
        "main.dataset.moment = document.querySelector('.scrub output').textContent;"
        "document.querySelector('header button').click();"
        "main.dataset.theme = document.documentElement.dataset.theme;"
    )
    text = drawn(document, tmp_path, click)
    assert text.count('role="row"') == len(document["findings"])
    assert f"<h2>{html.escape(document['findings'][1]['what'], quote=False)}</h2>" in text
    assert 'data-theme="dark"' in text
    assert re.search(r'data-moment="\d\d:\d\d\.\d{3}"', text)
    assert "data-operation=" in text


@pytest.mark.chromium
@pytest.mark.own_clock
@in_chromium
def test_the_page_of_codeq_shows_every_check(tmp_path: Path) -> None:
    pytest.importorskip("fakeredis", reason="the extra codeq is not installed")
    text = drawn(codeq(), tmp_path, "document.querySelectorAll('#findings tbody tr')[1].click();")
    assert text.count(">violated<") == 2
    assert all(html.escape(one["title"], quote=False) in text for one in codeq()["verdicts"])
    assert f"<h2>{html.escape(codeq()['findings'][1]['what'], quote=False)}</h2>" in text


@pytest.mark.chromium
@pytest.mark.own_clock
@in_chromium
def test_what_happened_is_drawn_lane_by_lane_and_chosen_by_keyboard(tmp_path: Path) -> None:
    steps = [
        CourseStep("operator in AMS", "POST /go → 500", 0, 40, "failed", 1000),
        CourseStep("mover", "a move", 40, 50),
    ]
    course = Course(
        [*steps, CourseStep("operator in AMS", "POST /go → 200", 50, 90, "lost", 10)], budget=1000
    )
    count = {"a": Entry(b"1", None, None), "b:1": Entry(b"1", None, None)}
    course = replace(course, moved=moved_keys(count, {"a": count["a"]}, 0))
    document = search_document("m", [], ["said"], Decision([], None, []), [], 1, course=course)
    assert errors(document) == []
    focus = "document.querySelector('#course rect.step.lost').focus();"
    text = drawn(document, tmp_path, focus)
    assert text.count('class="lane"') == 2
    assert [text.count(f'class="{name}"') for name in ("step", "step failed", "step lost")] == [1, 1, 1]
    assert [text.count(f'class="{name}"') for name in ("spent", "spent over", "budget")] == [1, 1, 1]
    assert "00:00.050 operator in AMS: POST /go → 200" in text
    assert re.search(r"b:\*</code>.*?>1<.*?>0<.*?gone", text)
    assert "as before" in text


def test_walks_and_codeq_say_what_happened_in_its_order() -> None:
    pytest.importorskip("fakeredis", reason="the extra codeq is not installed")
    lanes = [step["who"] for step in codeq()["course"]["steps"]]
    assert list(dict.fromkeys(lanes)) == ["source", "old service", "mover", "checklist", "codeQ"]
    plain: Any = SimpleNamespace(calls=[SimpleNamespace(operations=3), SimpleNamespace(operations=2)])
    tried = {Fault("crash", 1, "there.1"): "", Fault("crash", 2, "back.1"): "bad"}
    steps = search_page("codeq", Search(plain, Tally(), (), tried), 1, [], str)["course"]["steps"]
    assert [step["outcome"] for step in steps] == ["done", "done", "done", "failed"]


def test_a_simulation_of_the_queue_is_drawn_too(tmp_path: Path) -> None:
    target = tmp_path / "queue.html"
    main(["queue", "--scenario", "seed=2 tasks=2 daemons=1", "--html", str(target), "-q"])
    text = target.read_text()
    assert '"migration":"queue"' in text
    assert '"verb":"put"' in text
