"""README's tables of what comes out and of the commands are whole: each published table and each command is in them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.publication import SCHEMAS
from caw_dagster.cli import main, parser

README = Path(__file__).parents[2] / "README.md"
OF_EACH_SEGMENT = "segments.<segment_id>"
MADE_BY_THE_PUBLICATION = "health.last_run"


def first_cells(chapter: str) -> list[str]:
    """The first cell of each row of the tables in a chapter of README."""
    text = README.read_text(encoding="utf-8").partition(f"\n## {chapter}\n")[2].partition("\n## ")[0]
    cells = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| `")]
    assert cells
    return cells


def listed_tables() -> Iterator[str]:
    """What README names, with its schema: a second name in a cell is of the first one's."""
    for cell in first_cells("What comes out"):
        schema = ""
        for name in re.findall(r"`([^`]+)`", cell):
            schema = name.partition(".")[0] if "." in name else schema
            yield name if "." in name else f"{schema}.{name}"


def published_tables() -> Iterator[str]:
    """A model in a folder of a published schema is published, under its alias if it has one (CONTRIBUTING.md)."""
    yield MADE_BY_THE_PUBLICATION
    for schema in SCHEMAS:
        folder = DBT_PROJECT_DIR / "models" / schema
        aliases = {
            one["name"]: one.get("config", {}).get("alias")
            for path in folder.glob("*__models.yml")
            for one in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        }
        yield from (f"{schema}.{aliases[path.stem] or path.stem}" for path in folder.glob("*.sql"))


def test_every_published_table_is_in_readme_and_no_other() -> None:
    """Prevents a table that nobody finds, and one that is gone and still promised."""
    listed = list(listed_tables())
    assert len(listed) == len(set(listed))
    assert set(listed) == {*published_tables(), OF_EACH_SEGMENT}
    assert any((DBT_PROJECT_DIR / "models" / "segments" / "definitions").glob("*.sql"))


def listed_commands() -> list[tuple[str, str]]:
    """Each command of README's table, with the whole cell."""
    return [(cell.removeprefix("`caw ").split("`")[0].split()[0], cell) for cell in first_cells("Commands")]


def test_every_command_is_in_readme_and_no_other() -> None:
    """Prevents a command that is found by `caw --help` alone."""
    commands = re.findall(r"^    ([a-z]+)\b", parser().format_help(), re.MULTILINE)
    assert "run" in commands
    assert sorted(name for name, _ in listed_commands()) == sorted(commands)


@pytest.mark.parametrize(("command", "cell"), listed_commands())
def test_the_options_that_readme_names_are_the_commands_own(
    command: str, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prevents a line of README that ends in `unrecognized arguments`."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    known = re.findall(r"--[a-z-]+", capsys.readouterr().out)
    assert "--help" in known
    assert set(re.findall(r"--[a-z-]+", cell)) <= set(known)
