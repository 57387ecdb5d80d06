"""The command line: every wrong use is one line that says what to do, exit code 2, and nothing is touched."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from caw_dagster.cli import main
from caw_dagster.commands.ui import address_of


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    (tmp_path / "landing").mkdir()
    return ["--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["frobnicate"], "There is no command 'frobnicate'; `caw --help` lists them."),
        (["rnu"], "There is no command 'rnu' (did you mean run?); `caw --help` lists them."),
        (["run", "--frob"], "unrecognized arguments: --frob; `caw run --help`"),
        (["run", "--ladning", "x"], "unrecognized arguments: --ladning x (did you mean --landing?); `caw run --help`"),
        (["run", "--asof=2026-01-01"], "(did you mean --as-of?); `caw run --help`"),
        (["explain", "ana", "--polisy", "p"], "(did you mean --policy?); `caw explain --help`"),
        (["--verison"], "COMMAND"),
        (["run", "--as-of"], "--as-of"),
        (["run", "--landing", "/no/such/folder"], "create that folder"),
        (["ui", "--port", "many"], "--port"),
        (["ingest", "--landing", ".", "--data-dir", "d\udcff"], "is not UTF-8"),
        (["explain", "\udcff"], "PROFILE: it is not UTF-8"),
        (["erase", "--email", "ann\udcff@x.example"], "--email: it is not UTF-8"),
        (["init", "~nobody-of-this-name/x"], "is no path"),
        *(
            ([command, option, "x" * 256], "is too long")
            for command in ("run", "doctor")
            for option in ("--landing", "--data-dir")
        ),
        *((["doctor", "--max-age", hours], "--max-age") for hours in ("nan", "inf", "-1", "1e300")),
    ],
)
def test_wrong_arguments_are_one_line_and_exit_code_2(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1 and not said.out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://caw:secret@db/warehouse",
        "postgresql://caw:a/secret@db/warehouse",
        "postgresql://db/warehouse?user=caw&password=secret",
        "host=db password=secret dbname=warehouse",
        "host=db password='my secret' dbname=warehouse",
    ],
)
def test_an_address_that_is_no_argument_is_refused_without_its_password(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who gives the address next to the variable's name finds the password in the service's journal."""
    assert main(["export", "postgres", "--url-env", "CAW_POSTGRES", address]) == 2
    said = capsys.readouterr().err
    assert "unrecognized arguments" in said and "db" in said and "secret" not in said
    assert main([address]) == 2
    said = capsys.readouterr().err
    assert "db" in said and "secret" not in said


@pytest.mark.parametrize("as_of", ["soon", "2999-01-01"])
def test_an_instant_that_cannot_be_is_refused_before_anything_is_written(
    folders: list[str], as_of: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["run", *folders, "--as-of", as_of]) == 2
    assert "--as-of" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["0", "65536"])
def test_a_port_that_cannot_be_is_refused(folders: list[str], port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ui", *folders, "--port", port]) == 2
    assert "--port" in capsys.readouterr().err


def test_a_name_that_no_host_can_have_is_refused(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ui", *folders, "--host", "a" * 300]) == 2
    assert "is no name of a host" in capsys.readouterr().err


def test_a_port_that_is_taken_is_said_to_be(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["ui", *folders, "--port", str(taken.getsockname()[1])]) == 2
    assert "choose another --port" in capsys.readouterr().err


def test_help_and_version_answer_without_dagster(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["run", "--help"], ["--version"]):
        with pytest.raises(SystemExit) as left:
            main(arguments)
        assert left.value.code == 0
    assert "--full-refresh" in capsys.readouterr().out


def delivery_days(landing: Path) -> set[str]:
    """The days of conversation logs, by their paths."""
    found = {"/".join(path.parts[-3:])[:10] for path in landing.glob("*/conversation_log/*/*/*")}
    assert found
    return found


def test_generated_logs_end_now_or_at_the_instant_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Logs that ended months ago fill no segment of the last days, and nobody of them may be written to."""
    few = ["generate", "--conversations", "3", "--days", "1"]
    assert main([*few, str(tmp_path / "now")]) == 0
    today = datetime.now(UTC).date()
    last_days = {f"{today - timedelta(days=age):%Y/%m/%d}" for age in range(3)}  # the third if midnight has just passed
    assert delivery_days(tmp_path / "now") <= last_days
    assert main([*few, "--until", "2026-02-01T00:30:00+01:00", str(tmp_path / "then")]) == 0
    assert delivery_days(tmp_path / "then") <= {"2026/01/30", "2026/01/31"}
    assert "until 2026-01-31T23:30:00+00:00" in capsys.readouterr().out


def test_generated_logs_do_not_end_in_the_future(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run refuses records of tomorrow."""
    assert main(["generate", "--until", "2999-01-01", str(tmp_path / "landing")]) == 2
    assert "--until 2999-01-01 is in the future" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "number", "words"),
    [
        ("--conversations", "0", "--conversations 0 is too small: give 1 or more"),
        ("--days", "0", "--days 0 is too small: give 1 or more"),
        ("--seed", "-1", "--seed -1 is too small: give 0 or more"),
        ("--days", "3651", "--days 3651 is too large: give 3650 or less"),
    ],
)
def test_generate_refuses_a_number_by_its_option_and_writes_nothing(
    option: str, number: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without conversations it wrote profiles and products all the same, and with days without end a traceback."""
    out = str(tmp_path / "landing")
    assert main(["generate", out, f"{option}={number}"]) == 2
    said = capsys.readouterr()
    assert words in said.err and (said.err.count("\n"), said.out) == (1, "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["/proc/mine", "file/mine"])
def test_init_says_which_folder_cannot_be_written(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    assert main(["init", place]) == 2
    said = capsys.readouterr()
    assert f"{tmp_path.joinpath(place)} cannot be written (" in said.err and "choose another folder" in said.err
    assert (said.err.count("\n"), said.out) == (1, "")


def test_generate_writes_logs_that_can_be_landed(tmp_path: Path) -> None:
    assert main(["generate", "--conversations", "3", "--days", "1", str(tmp_path / "landing")]) == 0
    assert list((tmp_path / "landing").glob("*/conversation_log/**/*.jsonl"))


def test_what_is_printed_of_an_argument_moves_no_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that was named by somebody else changes the terminal's title; and the line to copy has two words of it."""
    folder = tmp_path / "\x1b]0;title\x07 own"
    assert main(["init", str(folder)]) == 0
    (folder / "landing" / "shop" / "orders").mkdir(parents=True)
    assert main(["erase", "--landing", str(folder / "landing"), "--email", "ann@x.example"]) == 0
    said = "".join(capsys.readouterr())
    assert [character for character in said if not character.isprintable() and character != "\n"] == []
    assert "cd '" in said


def leaving(code: int, stdout: int) -> subprocess.Popen[str]:
    """A process that says three things and leaves: at its end, at Python's end, and when its objects go."""
    program = (
        "import atexit, sys; from caw.host.leaving import ending_at_once\n"
        "class Taken:\n"
        "    def __del__(self): print('taken apart', file=sys.stderr)\n"
        "held = Taken()\n"
        "def work():\n"
        "    atexit.register(print, 'at the end'); sys.stdout.write('said, and ')\n"
        f"    return {code}\n"
        "sys.exit(ending_at_once(work))"
    )
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-c", program]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, text=True, env=buffered)


def test_a_command_leaves_without_taking_its_objects_apart() -> None:
    """Taking Dagster's and dbt's apart took each run more than a second; what libraries registered is done all the same."""
    process = leaving(3, subprocess.PIPE)
    assert process.communicate() == ("said, and at the end\n", "")
    assert process.returncode == 3


def test_a_command_without_an_output_leaves_in_silence() -> None:
    """As `caw run >&-` of a timer: a complaint at its end about an output that there never was."""
    program = "import sys; from caw.host.leaving import ending_at_once; sys.stdout = None; sys.exit(ending_at_once(lambda: 3))"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (3, b"")


def test_a_command_that_nobody_reads_any_more_leaves_as_python_does() -> None:
    """As `caw doctor | head`: a traceback, or success although the page was lost."""
    reader, writer = os.pipe()
    os.close(reader)
    process = leaving(0, writer)
    os.close(writer)
    said = process.communicate()[1]
    assert "BrokenPipeError" in said and "Traceback" not in said
    assert process.returncode == 120, "what Python says of output that was lost"


@pytest.mark.parametrize(("host", "address"), [("::1", "http://[::1]:3000"), ("127.0.0.1", "http://127.0.0.1:3000")])
def test_the_address_that_the_ui_prints_is_one_that_a_browser_opens(host: str, address: str) -> None:
    assert address_of(host, 3000) == address
