"""`caw init` and the wheel: a warehouse of a team's own, from what pip installs and without a checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

import caw
from caw.feeds.declared import DBT_PROJECT_DIR, PROJECT_ROOT, SEEDS_DIR
from caw_dagster.cli import main

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("caw", "orchestration", "dbt_project", "seeds", "template", "dashboards", "docs", "README.md", "LICENSE")
BUILT_FROM += ("pyproject.toml", "setup.py", "MANIFEST.in")
GUIDE = ROOT / "docs" / "segments.md"
CONDITION = re.compile(r"\b(segment|did|did_not|all_of|any_of|has_consent|has_property)\(")
PROFILES = (
    '{"profile_id": "silent", "updated_at": "2026-06-01T00:00:00Z", "email": "sil@example.com"}\n'
    '{"profile_id": "talker", "updated_at": "2026-06-01T00:00:00Z", "email": "tal@example.com"}\n'
)
LOG = (
    '{"record_id": "1", "conversation_id": "c1", "occurred_at": "2026-06-30T10:00:00Z", "record_type": "message", '
    '"actor": "customer", "text": "hello", "profile": {"profile_id": "talker"}}\n'
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pip would lay into site-packages."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in BUILT_FROM:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "target", "logs", "*.egg-info")
            shutil.copytree(ROOT / name, folder / "source" / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / "source" / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*build, str(folder), str(folder / "source")], check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def caw_command(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of what is installed, started in a folder."""
    return python_in(installed, folder, "-m", "caw_dagster.cli", *arguments)


def python_in(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with what is installed, started in a folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("CAW_", "DAGSTER_", "DBT_"))}
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(installed), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_two_packages_and_the_project_without_the_sample(installed: Path) -> None:
    """A package named `orchestration` would be shadowed by a team's own folder; without the project nothing runs."""
    assert {path.name for path in installed.iterdir() if path.suffix != ".dist-info"} == {"caw", "caw_dagster"}
    project = installed / "caw" / "project"
    assert {path.name for path in project.iterdir()} == {"dbt_project", "seeds", "template", "dashboards", "docs"}
    for folder in (DBT_PROJECT_DIR / "models", DBT_PROJECT_DIR / "macros", DBT_PROJECT_DIR / "tests"):
        for path in (path for path in folder.rglob("*") if path.is_file()):
            assert (project / "dbt_project" / path.relative_to(DBT_PROJECT_DIR)).read_bytes() == path.read_bytes()
    for path in (PROJECT_ROOT / "dashboards").rglob("*.y*ml"):
        assert (project / path.relative_to(PROJECT_ROOT)).read_bytes() == path.read_bytes()
    shipped = {path.name for path in SEEDS_DIR.iterdir() if path.is_file()}
    assert {path.name for path in (project / "seeds").iterdir()} == shipped
    assert {path.name for path in (project / "docs").iterdir()} == {"feeds.md", "specification.md"}


def test_a_checkout_is_read_where_it_is() -> None:
    """An editable install that goes on with models of its last build."""
    assert Path(caw.__file__).parents[1] == PROJECT_ROOT == ROOT


def test_a_team_s_folder_is_run_with_a_segment_and_seeds_of_its_own(installed: Path, tmp_path: Path) -> None:
    """The whole way of somebody who has only what pip installs: init, logs, a segment on int_people, the guide's, a run.

    `dbt build` by hand stopped at unit tests that took their segments from the team's list.
    """
    made = caw_command(installed, tmp_path, "init", "team's own")
    assert made.returncode == 0, made.stderr
    mine = tmp_path / "team's own"
    for feed, text in (("profiles", PROFILES), ("conversation_log", LOG)):
        (mine / "landing" / "shop" / feed).mkdir(parents=True)
        (mine / "landing" / "shop" / feed / "a.jsonl").write_text(text, encoding="utf-8")
    (mine / "seeds" / "sources.csv").write_text("source,timezone,currency\nshop,Europe/Paris,EUR\n", encoding="utf-8")
    for number, example in enumerate(re.findall(r"```sql\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)):
        place = mine / "dbt_project" / "models" / "segments" / f"example_{number}.sql"
        place.write_text(CONDITION.sub(r"caw.\1(", example), encoding="utf-8")
    (mine / "seeds" / "agent_tools.csv").unlink()  # as if a later version had brought it
    before = {path: path.read_bytes() for path in mine.rglob("*") if path.is_file()}
    ran = caw_command(installed, mine, "run", "--as-of", "2026-06-30T12:00:00Z")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    said = [line for line in ran.stderr.splitlines() if line.startswith("Seeds: ")]
    assert len(said) == 1
    assert all(lacking in said[0] for lacking in (" lacks ", "agent_tools.csv", "the column channel of sources.csv"))
    assert {path: path.read_bytes() for path in before} == before
    members = caw.read("segments.never_talked", data_dir=mine / "data")
    assert list(members[["source", "profile_id"]].itertuples(index=False, name=None)) == [("shop", "silent")]
    sizes = caw.read("segments.segment_sizes", where="members > 0", data_dir=mine / "data")
    counted = dict(zip(sizes["segment_id"], sizes["members"], strict=True))
    assert counted == {"never_talked": 1, "started_conversation_ever": 1, "started_conversation_last_30_days": 1}
    started = caw.read("segments.example_0", data_dir=mine / "data")
    assert list(started["profile_id"]) == ["talker"]
    dev = mine / "dbt_project" / "target" / "dev"
    dev.mkdir(parents=True, exist_ok=True)
    shutil.copy(
        mine / "data" / "warehouse.duckdb", dev
    )  # a unit test asks the tables that it replaces for their columns
    units = [f"{model},resource_type:unit_test" for model in ("segment_membership", "segment_sizes")]
    by_hand = python_in(installed, mine / "dbt_project", "-m", "dbt.cli.main", "test", "--select", *units)
    assert by_hand.returncode == 0, by_hand.stdout
    generated = caw_command(installed, mine, "generate", "logs")
    assert (generated.returncode, "run `caw generate` in a checkout of the project" in generated.stderr) == (2, True)


def test_init_leaves_alone_what_is_there_and_mends_what_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    assert main(["init", str(folder)]) == 0
    changed, lost = folder / "seeds" / "sources.csv", folder / "README.md"
    changed.write_text("source\nshop\n", encoding="utf-8")
    lost.unlink()
    link = folder / "dbt_project" / ".caw"
    link.unlink()
    link.symlink_to(tmp_path / "an older environment")
    assert main(["init", str(folder)]) == 0
    assert changed.read_text(encoding="utf-8") == "source\nshop\n"
    assert lost.is_file()
    assert link.resolve() == PROJECT_ROOT
    assert (folder / "dbt_project" / "dbt_packages" / "caw").resolve() == DBT_PROJECT_DIR
    assert (folder / "dbt_project" / "dbt_packages" / "seeds").resolve() == SEEDS_DIR


def test_a_folder_below_the_home_is_named_as_a_shell_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`cd '~/my warehouse'`, which no shell finds, as it expands no quoted tilde."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["init", "~/my warehouse"]) == 0
    assert f"then: cd '{tmp_path}/my warehouse' && caw run" in capsys.readouterr().out


def test_a_new_folder_carries_every_packaged_segment_and_its_own(tmp_path: Path) -> None:
    """A list that was typed into the template and lacks the segment of the next version."""
    assert main(["init", str(tmp_path / "mine")]) == 0
    lists = [
        yaml.safe_load(path.read_text(encoding="utf-8"))["vars"]
        for path in (DBT_PROJECT_DIR / "dbt_project.yml", tmp_path / "mine" / "dbt_project" / "dbt_project.yml")
    ]
    assert lists[1]["caw"]["segments"] == [*lists[0]["segments"], "never_talked"]


def test_a_folder_of_another_project_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    assert main(["init", str(tmp_path)]) == 2
    assert "has a pyproject.toml without [tool.caw]" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["pyproject.toml"]
