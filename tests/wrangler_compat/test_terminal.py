"""What depends on a terminal: questions, colours, completion; and what Ctrl-C does."""

import io
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from wrangler_compat.cli.console import Console
from wrangler_compat.cli.errors import CommandError
from wrangler_compat.cli.prompt import choose, confirm
from wrangler_compat.commands import COMMANDS
from wrangler_compat.kv.bulk_file import decode_base64
from wrangler_compat.main import main

pytestmark = pytest.mark.own_clock

Capture = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, text: str = "") -> Terminal:
    """Put a terminal in place of all three streams; ``text`` is typed on it."""
    shown = Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr(sys, "stdin", Terminal(text))
    return shown


@pytest.mark.parametrize(
    ("text", "answer"), [("y\n", True), ("no\n", False), ("\n", True), ("what\nn\n", False), ("", False)]
)
def test_confirm_takes_the_answer_that_is_typed(
    text: str, answer: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = on_terminal(monkeypatch, text)
    assert confirm(Console({}), "Sure?") is answer
    assert terminal.getvalue().startswith("? Sure? › (Y/n) ")


def test_confirm_asks_nobody_in_a_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch, "n\n")
    assert confirm(Console({"CI": "true"}), "Sure?") is True
    assert "Using fallback value in non-interactive context: yes" in terminal.getvalue()


def test_choose_takes_a_number_of_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    on_terminal(monkeypatch, "9\n2\n")
    assert choose(Console({}), "Which?", ["a", "b"]) == 1


def test_errors_are_coloured_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_terminal(monkeypatch)
    Console({}).fail(CommandError("oh"))
    assert "\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1moh\x1b[0m" in terminal.getvalue()


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_errors_are_plain_when_that_is_wanted(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = on_terminal(monkeypatch)
    Console(environ).fail(CommandError("oh"))
    assert "\x1b" not in terminal.getvalue()


def test_ctrl_c_is_130(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("wrangler_compat.kv.local_namespace.LocalNamespace.keys", interrupted)
    monkeypatch.chdir(tmp_path)
    assert main(["kv", "key", "list", "--namespace-id=abc"], {}) == 130


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_name_every_command_and_flag(shell: str, capfd: Capture) -> None:
    assert main(["completions", shell], {}) == 0
    script = capfd.readouterr().out
    for command in COMMANDS:
        assert all(word in script for word in command.words)
        assert all(flag.name in script for flag in command.flags)


@pytest.mark.parametrize(
    ("words", "offered"),
    [("kv", "key"), ("kv key", "list"), ("kv key list", "--prefix"), ("kv key list --binding X", "--limit")],
)
def test_completions_of_bash_follow_the_words(words: str, offered: str, capfd: Capture) -> None:
    main(["completions", "bash"], {})
    script = capfd.readouterr().out
    asked = f"COMP_WORDS=(wrangler-compat {words} ''); COMP_CWORD={len(words.split()) + 1}; _wrangler_compat"
    shown = subprocess.run(
        ["bash", "-c", f'{script}\n{asked}\necho "${{COMPREPLY[@]}}"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert offered in shown.stdout.split()


def test_completions_of_another_shell_are_refused(capfd: Capture) -> None:
    assert main(["completions", "csh"], {}) == 1
    assert "Give one of: bash, zsh, fish" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("AAH+/w==", b"\x00\x01\xfe\xff"),
        ("AAH-_w", b"\x00\x01\xfe\xff"),
        ("a G V s\nbG8", b"hello"),
        ("A", b""),
    ],
)
def test_base64_is_read_as_node_reads_it(text: str, content: bytes) -> None:
    assert decode_base64(text) == content


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", {"dev", "kv", "d1", "completions"}),
        ("kv ", {"key", "bulk", "namespace", "census", "copy", "diff", "export", "import", "serve"}),
        ("kv key ", {"list", "get", "put", "delete"}),
        ("kv key list --pre", {"--prefix", "--preview"}),
        ("dev --log-level ", {"debug", "info", "log", "warn", "error", "none"}),
    ],
)
def test_completions_of_fish_follow_the_words(typed: str, offered: set[str], capfd: Capture) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("fish is not installed: apt-get install fish")
    main(["completions", "fish"], {})
    script = f"{capfd.readouterr().out}\ncomplete -C 'wrangler-compat {typed}'"
    shown = subprocess.run([fish, "--no-config", "-c", script], capture_output=True, text=True)
    assert {line.partition("\t")[0] for line in shown.stdout.splitlines()} == offered, shown.stderr


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("kv key li", "list "),
        ("kv name", "namespace "),
        ("dev --log-level w", "warn "),
        ("kv key list --persi", "--persist-to "),
    ],
)
def test_completions_of_zsh_finish_a_word(typed: str, completed: str, tmp_path: Path, capfd: Capture) -> None:
    zsh = shutil.which("zsh")
    if zsh is None:
        pytest.skip("zsh is not installed: apt-get install zsh")
    main(["completions", "zsh"], {})
    (tmp_path / "script").write_text(capfd.readouterr().out)
    process, terminal = pty.fork()
    if process == 0:
        os.execve(zsh, ["zsh", "-f", "-i"], os.environ | {"TERM": "dumb", "HOME": str(tmp_path)})
    try:
        os.write(terminal, f"source {tmp_path}/script; echo read''y\n".encode())
        until(terminal, "ready")
        os.write(terminal, f"wrangler-compat {typed}\t".encode())
        until(terminal, f"{typed.rpartition(' ')[0]} {completed}")
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(terminal)


def until(terminal: int, text: str) -> None:
    """Read until ``text`` stands on the terminal; what never comes fails after ten seconds."""
    shown = ""
    while text not in shown:
        assert select.select([terminal], [], [], 10)[0], shown
        shown += os.read(terminal, 4096).decode("utf-8", "replace")


def test_a_full_disk_behind_the_output_is_said(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "wrangler_compat", "kv", "key", "list", "--namespace-id=abc"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("✘ [ERROR] The output could not be written: No space left on device")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, capfd: Capture) -> None:
    assert main(["kv", "key", "list", "--namespace-id=abc", "--cwd", str(tmp_path / "no")], {}) == 1
    error = capfd.readouterr().err
    assert error.startswith("✘ [ERROR] A file or directory could not be found.")
    assert f"Missing file or directory: {tmp_path / 'no'}" in error


def test_a_command_sees_the_variables_of_dot_env_files(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / ".env").write_text("CLOUDFLARE_API_BASE_URL=nowhere\nCLOUDFLARE_API_TOKEN=t")
    (tmp_path / ".env.staging").write_text("CLOUDFLARE_API_BASE_URL=else")
    (tmp_path / "other").write_text("CLOUDFLARE_API_BASE_URL=other")
    listing = ["kv", "key", "list", "--namespace-id=abc", "--remote", "--cwd", str(tmp_path)]

    def complaint(*arguments: str, **environ: str) -> str:
        assert main([*listing, *arguments], environ) == 1
        return capfd.readouterr().err

    said = 'CLOUDFLARE_API_BASE_URL is "{}", but should begin with https://'
    assert said.format("nowhere") in complaint()
    assert said.format("else") in complaint("--env=staging")
    assert said.format("given") in complaint(CLOUDFLARE_API_BASE_URL="given")
    assert "necessary to set a CLOUDFLARE_API_TOKEN" in complaint("--env-file=other")
    assert said.format("other") in complaint("--env-file=other", CLOUDFLARE_API_TOKEN="t")
