"""Questions at a terminal, and what is done without one."""

from kvstore.text.printable import printable
from wrangler_compat.cli.console import Console


def confirm(console: Console, question: str, *, default: bool = True, fallback: bool = True) -> bool:
    """Ask for yes or no. Without a terminal the question is shown with ``fallback`` as the answer.

    On a terminal an empty line means ``default``, and the end of the input means no.
    """
    if not console.interactive:
        console.say(f"? {question}")
        console.say(f"🤖 Using fallback value in non-interactive context: {'yes' if fallback else 'no'}")
        return fallback
    while True:
        line = console.ask(f"? {question} › ({'Y/n' if default else 'y/N'}) ")
        answer = line.strip().lower()
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")
        if not answer:
            return default if line else False


def choose(console: Console, question: str, choices: list[str]) -> int | None:
    """The index of the choice that was made; None at the end of the input, or without a terminal."""
    if not console.interactive:
        return None
    shown = "\n".join(f"  {number}. {printable(choice)}" for number, choice in enumerate(choices, 1))
    while line := console.ask(f"? {question}\n{shown}\n› "):
        if line.strip().isdecimal() and 1 <= int(line) <= len(choices):
            return int(line) - 1
    return None


def ask_text(console: Console, question: str, default: str) -> str:
    """A line of text; ``default`` for an empty one and without a terminal."""
    if not console.interactive:
        console.say(f"? {question}")
        console.say(f"🤖 Using default value in non-interactive context: {default}")
        return default
    return console.ask(f"? {question} › {default} ").strip() or default
