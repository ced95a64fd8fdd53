"""The documentation names every command and flag, and its links lead somewhere."""

import argparse
import re
from pathlib import Path

import pytest

from harness.cli.rehearse import parser
from harness.migrations.queue.checkers import judge_walk
from harness.migrations.queue.simulation.scenario import Scenario
from harness.parameters import table
from kvstore.faults import FAULTS
from kvstore.figures import table as figures
from tests.harness.queue.walks import walked
from wrangler_compat.cli.flags import GLOBAL
from wrangler_compat.commands import COMMANDS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.words))
def test_every_command_is_documented(command: object) -> None:
    words = " ".join(getattr(command, "words", ()))
    assert f"`wrangler-compat {words}" in page("command-line.md")


def test_every_flag_of_wrangler_compat_is_documented() -> None:
    flags = {flag.name for command in COMMANDS for flag in command.flags} | {flag.name for flag in GLOBAL}
    assert [name for name in sorted(flags) if f"`--{name}`" not in page("command-line.md")] == []


def test_every_flag_of_rehearse_is_documented() -> None:
    actions = parser()._subparsers
    assert actions is not None
    commands = next(one for one in actions._group_actions if isinstance(one, argparse._SubParsersAction))
    options = {
        option for sub in commands.choices.values() for one in sub._actions for option in one.option_strings
    }
    missing = [
        option for option in sorted(options - {"-h", "--help"}) if f"`{option}" not in page("rehearsal.md")
    ]
    assert missing == []


def test_every_invariant_is_documented() -> None:
    for verdict in judge_walk(walked(2, 1)):
        title = verdict.title.partition(":")[0]
        assert f"| {verdict.invariant} | **{title}**" in page("invariants.md")


def test_every_member_of_a_scenario_is_documented() -> None:
    assert table(Scenario) in page("search.md")


def test_every_kind_of_fault_is_documented() -> None:
    for name, kind in FAULTS.items():
        assert f"| `{name}` | {kind.what} |" in page("search.md")
        assert f"| `{name}` |" in page("rehearsal.md") or kind.strikes != "operation"


def test_every_cited_hazard_is_explained() -> None:
    cited = set()
    for path in (ROOT / "harness").rglob("*.py"):
        if "codeq" in path.parts:
            continue  # the hazards of the other migration are in codeq-migration.md
        cited |= set(re.findall(r'"(H\d\d)"', path.read_text()))
    assert [hazard for hazard in sorted(cited) if hazard not in page("hazards.md")] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_to_files(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
        assert "://" in target or (path.parent / target).exists(), target


def test_files_that_a_change_touches_are_there() -> None:
    _, _, section = page("architecture.md").partition("## What a change touches")
    table = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| a")]
    named = [name for line in table for name in re.findall(r"`([a-z_]+/[^`]*)`", line)]
    assert len(table) == 12
    assert [name for name in named if not any(ROOT.glob(name.replace("…", "*")))] == []


def test_every_page_is_in_the_site_and_in_llms_txt() -> None:
    site, pages = (ROOT / "mkdocs.yml").read_text(), page("llms.txt")
    for path in (ROOT / "docs").glob("*.md"):
        assert f": {path.name}\n" in site
        assert f"({path.name})" in pages


def test_every_figure_of_the_platform_is_documented() -> None:
    assert figures() in page("figures.md")
