"""``completions``: a script for a shell, written from the table of commands."""

from collections.abc import Iterable
from typing import Final

from wrangler_compat.cli.context import Invocation
from wrangler_compat.cli.errors import UsageError
from wrangler_compat.cli.flags import GLOBAL, Flag
from wrangler_compat.commands import COMMANDS

_PROGRAM: Final = "wrangler-compat"

_BASH: Final = """\
_wrangler_compat() {
  local current="${COMP_WORDS[COMP_CWORD]}" typed="" word
  for word in "${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
    [[ "$word" == -* ]] || typed="$typed $word"
  done
  local choices=""
  case "$typed" in
%s
  esac
  case "${COMP_WORDS[$((COMP_CWORD-1))]}" in
%s
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$current"))
}
complete -o default -F _wrangler_compat wrangler-compat
"""

# A switch takes nothing after it; a text may be a file, a number never is.
_FISH_VALUES: Final = {"switch": "", "text": " -r", "number": " -x"}
# Commands whose own words may be files.
_FILES: Final = tuple(
    command.words for command in COMMANDS if {"filename", "script", "a"} & set(command.positionals)
)

_ZSH: Final = """\
#compdef wrangler-compat
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
autoload -Uz bashcompinit && bashcompinit
"""


def print_script(invocation: Invocation) -> None:
    """The script for bash, zsh or fish. Raises UsageError for any other shell."""
    shell = invocation.arguments.words[0]
    writers = {"bash": bash_script, "zsh": lambda: _ZSH + bash_script(), "fish": fish_script}
    if shell not in writers:
        raise UsageError(f'No completions for "{shell}". Give one of: {", ".join(writers)}')
    invocation.console.data(writers[shell]().rstrip("\n"))


def bash_script() -> str:
    """A function that looks at the words before the cursor; a command's flags follow its words."""
    cases = [
        f'    "{_joined(words)}"*) choices="{" ".join(_flags(flags))}" ;;' for words, flags in _commands()
    ]
    # Groups match exactly, so they may come after the longer patterns of commands.
    cases += [
        f'    "{_joined(group)}") choices="{" ".join(next_words)}" ;;' for group, next_words in _groups()
    ]
    values = [
        f'    --{flag.name}) choices="{" ".join(flag.choices)}" ;;' for flag in _every_flag() if flag.choices
    ]
    return _BASH % ("\n".join(cases), "\n".join(values))


def fish_script() -> str:
    """A line for every word and every flag, each with the condition under which it is offered."""
    lines = [f"complete -c {_PROGRAM} -f"]
    for group, next_words in _groups():
        condition = _seen(group, next_words)
        lines += [f"complete -c {_PROGRAM} -n '{condition}' -a {word}" for word in next_words]
    for words, flags in _commands():
        condition = _seen(words, ())
        if words in _FILES:
            lines.append(f"complete -c {_PROGRAM} -n '{condition}' -F")
        for flag in flags:
            short = f" -s {flag.short}" if flag.short else ""
            value = f" -x -a '{' '.join(flag.choices)}'" if flag.choices else _FISH_VALUES[flag.kind]
            text = flag.help.replace("'", "\\'")
            lines.append(f"complete -c {_PROGRAM} -n '{condition}' -l {flag.name}{short}{value} -d '{text}'")
    return "\n".join(lines) + "\n"


def _every_flag() -> list[Flag]:
    """Each flag once, by its name."""
    every = {flag.name: flag for _, flags in _commands() for flag in flags}
    return list(every.values())


def _commands() -> Iterable[tuple[tuple[str, ...], list[Flag]]]:
    return ((command.words, [*command.flags, *GLOBAL]) for command in COMMANDS)


def _groups() -> Iterable[tuple[tuple[str, ...], list[str]]]:
    """Every beginning of a command that is not a command itself, with the words that may follow."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for command in COMMANDS:
        for depth, word in enumerate(command.words):
            following = groups.setdefault(command.words[:depth], [])
            if word not in following:
                following.append(word)
    return groups.items()


def _flags(flags: Iterable[Flag]) -> list[str]:
    return [f"--{flag.name}" for flag in flags]


def _joined(words: Iterable[str]) -> str:
    return "".join(f" {word}" for word in words)


def _seen(words: Iterable[str], not_yet: Iterable[str]) -> str:
    """A condition of fish: all of ``words`` have been typed, and none of ``not_yet``."""
    tests = [f"__fish_seen_subcommand_from {word}" for word in words]
    tests += [f"not __fish_seen_subcommand_from {' '.join(not_yet)}"] if not_yet else []
    return "; and ".join(tests) if tests else "true"
