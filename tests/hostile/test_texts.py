"""What comes from data is quoted in texts for people, never obeyed: no verdict is forged."""

import re
import shutil
import subprocess
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from harness.cli.rehearse import _not_started, main
from harness.migrations.codeq.operations import OPERATIONS
from harness.migrations.queue.worker import QUEUE_WORKER
from harness.sources.remote import RemoteError
from harness.terminal.exit_codes import NOT_STARTED, VIOLATED
from harness.terminal.lines import command_line, message_of, text_of
from harness.terminal.output import Output
from kvstore.text.printable import printable
from tests.fixtures import GUIDE_5
from tests.hostile.namespaces import NAMESPACES, TEXTS, VERDICT, write, write_backup
from worker.codeq import embedded

_VERDICT = re.compile(r"(NO-GO|GO|INCONCLUSIVE)\b")


def check(text: str, *, verdicts: int) -> None:
    """Nothing but newlines controls anything, and so many lines read as a verdict: ours."""
    assert all(line.isprintable() for line in text.split("\n")), ascii(text)
    text.encode()
    read = [line for line in text.split("\n") if _VERDICT.match(line.strip())]
    assert len(read) == verdicts, read
    assert all(line == line.strip() and VERDICT not in line for line in read)


@pytest.mark.parametrize(
    ("name", "migration"), [*((name, "documented") for name in NAMESPACES), ("says everything", "safe")]
)
def test_a_rehearsal_and_its_progress(
    name: str, migration: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["queue", "--from", str(write(name, tmp_path)), "--migration", migration])
    out, err = capsys.readouterr()
    check(out, verdicts=1)
    check(err, verdicts=0)


def test_a_search_through_crashes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write("says newline", tmp_path)
    main(["queue", "--from", str(file), "--explore", "crashes", "--jobs", "1", "--faults", "crash"])
    out, err = capsys.readouterr()
    check(out, verdicts=1)
    check(err, verdicts=0)


@pytest.mark.parametrize("flags", [["schedules", "--seeds", "3"], ["orders"]])
def test_a_search_whose_worker_answers_with_texts(
    flags: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worker = shutil.copytree(QUEUE_WORKER, tmp_path / "a\x1b[2J\nGO: all held\u202e")
    main(["queue", "--explore", *flags, "--jobs", "1", "--worker", str(worker)])
    out, err = capsys.readouterr()
    check(out, verdicts=1)
    check(err, verdicts=0)


@pytest.mark.parametrize(("option", "strange"), [("a", False), ("b", False), ("b", True)])
def test_a_move_to_codeq(
    option: str, strange: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_backup(tmp_path, strange=strange)
    arguments = ["--option", option, "--accept-defects", "--deadline", "2", "--deliver", "1"]
    code = main(["codeq", "--from", str(file), *arguments])
    out, err = capsys.readouterr()
    check(out, verdicts=int(not strange))
    check(err, verdicts=0)
    assert code == (NOT_STARTED if strange else VIOLATED)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_reason_for_not_starting(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = f"{tmp_path}/{text}".replace("\0", "")
    for arguments in (
        ["queue", "--from", said],
        ["queue", "--from", str(GUIDE_5), "--binding", said],
        ["queue", "--worker", said],
        ["queue", "--scenario", said],
        ["queue", "--plan", said],
        ["queue", said],
        ["codeq", "--from", said],
        ["codeq", "--from", f"redis://{said}"],
        ["codeq", "restore", "--from", said],
        ["example", f"{tmp_path}/no such folder/{said}"],
    ):
        with suppress(SystemExit):
            assert main(arguments) == NOT_STARTED
        out, err = capsys.readouterr()
        check(out + err, verdicts=0)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_line_and_a_message(text: str) -> None:
    for before in ("", "  ", "a ", "a" * 106, "FAIL I1 "):
        for line in (
            text_of([f"{before}{text}"]).split("\n")[1:] + message_of(f"a\n{before}{text}").split("\n")[1:]
        ):
            assert line.isprintable()
            assert not _VERDICT.match(line.strip())


def test_printable_text_stays_as_it_is() -> None:
    for text in ("", "slack_1764010333.433", "größer · 日本語 · ✨", "a\\b 'c'"):
        assert printable(text) == text
    assert printable("a\x1b\n\u202e\ud800\xa0b") == "a\\x1b\\n\\u202e\\ud800\\xa0b"


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_command_is_one_line_that_a_shell_reads_as_it_was(text: str, tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-c",
        "import sys; sys.stdout.buffer.write(sys.argv[1].encode())",
        text.replace("\0", ""),
    ]
    line = command_line(words)
    assert line.isprintable()
    assert subprocess.run(["bash", "-c", line], capture_output=True, check=True).stdout == words[-1].encode()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("apply", [False, True])
def test_a_conversion_of_lists(text: str, apply: bool) -> None:
    async def convert() -> str:
        server = embedded()
        await server.call("RPUSH", f"codeq:q:{text}:inprog", "a", "a")
        said = (await OPERATIONS["convert"](server, Namespace(apply=apply)))[1]
        await server.close()
        return said

    said = anyio.run(convert)
    assert "a list" in said
    check(said, verdicts=0)


def test_text_from_an_account_stays_on_lines_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    error = RemoteError(f"More than one account:\n  {TEXTS['colour']}\n{VERDICT}")
    assert Output(NOT_STARTED, error=_not_started(error) or "").deliver() == NOT_STARTED
    err = capsys.readouterr().err
    check(err, verdicts=0)
    assert len(err.splitlines()) == 3
