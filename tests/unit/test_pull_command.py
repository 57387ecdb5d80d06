"""`caw pull`, from the command line: exit codes, sentences, and where the key may go."""

import errno
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from caw.host import clock
from caw.host.locks import tried
from caw.pull.rows import access_of, read_rows
from caw.settings import SettingsError, read_settings
from caw_dagster.child import module
from caw_dagster.cli import main
from tests.support.fake_klaviyo import KEY, FakeKlaviyo, Trouble
from tests.support.klaviyo_resources import every, profile
from tests.support.pull_site import NOW, SINCE, Clock

HEADER = "source,vendor,feed,metrics,since,lookback_hours,rescan_days\n"
EVENTS = "acme_us,klaviyo,klaviyo_events,,2026-06-01,,\n"
PROFILES = "acme_us,klaviyo,klaviyo_profiles,,2026-06-01,,\n"
CATALOG = "acme_us,klaviyo,klaviyo_catalog,,2026-06-01,,\n"
OTHER = "acme_eu,klaviyo,klaviyo_profiles,,2026-06-01,,\n"
KEY_OF_US, URL_OF_US = "CAW_PULL_KEY_ACME_US_KLAVIYO", "CAW_PULL_URL_ACME_US_KLAVIYO"


class Shell:
    """Folders and an environment in which `caw pull` is called."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeKlaviyo) -> None:
        self.root = root
        self.fake = fake
        for name in ("landing", "seeds"):
            (root / name).mkdir()
        self.rows(HEADER)
        monkeypatch.setenv("CAW_SEEDS_DIR", str(root / "seeds"))
        monkeypatch.setenv(URL_OF_US, fake.url)
        monkeypatch.setenv(KEY_OF_US, KEY)
        monkeypatch.chdir(root)

    def rows(self, text: str) -> None:
        """Write pulls.csv."""
        (self.root / "seeds" / "pulls.csv").write_text(text, encoding="utf-8")

    def pull(self, *arguments: str) -> int:
        """The exit code."""
        return main(
            ["pull", "--landing", str(self.root / "landing"), "--data-dir", str(self.root / "data"), *arguments]
        )

    def landed(self) -> list[str]:
        """The ids of all landed lines."""
        files = sorted((self.root / "landing").rglob("*.jsonl"))
        return [json.loads(line)["id"] for path in files for line in path.read_bytes().splitlines()]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setattr("caw.pull.client.time", Clock())
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with FakeKlaviyo() as fake:
        fake.events, fake.profiles = every(60, 5, SINCE), [profile("p1", SINCE)]
        yield Shell(tmp_path, monkeypatch, fake)


def test_every_row_is_pulled_and_has_a_line(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.rows(HEADER + EVENTS + PROFILES)
    assert shell.pull() == 0
    assert capsys.readouterr().out.splitlines() == [
        "acme_us klaviyo_events: 5 new of 5 objects in 2 pages, 2 files, up to 2026-06-30 11:59:30 UTC",
        "acme_us klaviyo_profiles: 1 new of 1 objects in 1 pages, 1 files, up to 2026-06-30 11:59:30 UTC",
    ]
    assert shell.landed() == [f"ev{number:04}" for number in range(5)] + ["p1"]


@pytest.mark.parametrize(
    "chosen", [["--feed", "klaviyo_profiles"], ["--feed", "klaviyo_profiles", "--source", "acme_us"]]
)
def test_one_row_can_be_chosen(shell: Shell, chosen: list[str]) -> None:
    shell.rows(HEADER + EVENTS + PROFILES)
    assert shell.pull(*chosen) == 0
    assert shell.landed() == ["p1"]


def test_a_row_that_fails_leaves_the_others_to_be_done(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.rows(HEADER + EVENTS + PROFILES)
    shell.fake.troubles = {0: Trouble(400, body=f"{KEY} 01PERSON".encode())}
    assert shell.pull() == 1
    said = capsys.readouterr()
    assert said.err == "caw: acme_us klaviyo_events: the vendor refuses the request (HTTP 400): see to pulls.csv\n"
    assert shell.landed() == ["p1"]


def test_a_disk_that_is_full_is_said_to_be_and_nothing_is_lost(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.rows(HEADER + EVENTS)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("caw.pull.files.os.fsync", full)
        assert shell.pull() == 1
    assert "make room and run again" in capsys.readouterr().err
    assert shell.landed() == []
    assert shell.pull() == 0
    assert len(shell.landed()) == 5
    assert [path.suffix for path in (shell.root / "landing").rglob("*") if path.is_file()] == [".jsonl", ".jsonl"]


def test_a_row_without_a_key_asks_nothing_and_the_others_are_done(
    shell: Shell, capsys: pytest.CaptureFixture[str]
) -> None:
    shell.rows(HEADER + OTHER + PROFILES)
    assert shell.pull() == 2
    said = capsys.readouterr()
    assert said.err == (
        "caw: acme_eu klaviyo_profiles: There is no key for klaviyo in acme_eu: set CAW_PULL_KEY_ACME_EU_KLAVIYO in "
        "the environment.\n"
    )
    assert shell.landed() == ["p1"]


@pytest.mark.parametrize(
    ("rows", "arguments", "words"),
    [
        (None, [], "Nothing is to be pulled: write a row into FOLDER/pulls.csv, like acme_us,klaviyo,"),
        (HEADER, [], "Nothing is to be pulled: write a row into FOLDER/pulls.csv, like acme_us,klaviyo,"),
        (HEADER + EVENTS, ["--source", "acme"], "No row of FOLDER/pulls.csv has --source 'acme': write one, like"),
        (HEADER + EVENTS, ["--feed", "klaviyo_profiles"], "No row of FOLDER/pulls.csv has --feed 'klaviyo_profiles'"),
        (
            HEADER + EVENTS.replace("klaviyo_events", "events"),
            [],
            "pulls.csv, line 2: feed 'events' is unknown; it is one of",
        ),
        (HEADER + EVENTS + EVENTS, [], "line 3: only one row may have this source and feed, and line 2 has it"),
        (
            HEADER + PROFILES.replace("profiles,,", "profiles,mapped,"),
            [],
            "metrics 'mapped' is for klaviyo_events alone",
        ),
        (HEADER + CATALOG.replace("06-01,,", "06-01,72,"), [], "klaviyo_catalog is asked for whole, once a day; leave"),
        (HEADER + CATALOG.replace("06-01,,", "06-01,,0"), [], "klaviyo_catalog is asked for whole, once a day; leave"),
        (HEADER + EVENTS.replace("06-01,,", "06-01,-1,"), [], "lookback_hours (-1) must lie between 0 and 8760"),
        (HEADER + EVENTS.replace("06-01,,", "06-01,,366"), [], "rescan_days (366) must lie between 0 and 365"),
        (HEADER + EVENTS.replace("2026-06-01", "0001-01-01T00:00:00+12:00"), [], "is no instant or day: write it like"),
        (HEADER + EVENTS.replace("2026-06-01", "June"), [], "since 'June' is no instant or day, such as 2026-01-01"),
        (
            HEADER + EVENTS.replace("2026-06-01", "2026-06-31"),
            [],
            "since '2026-06-31' is no instant or day: write it like",
        ),
        (HEADER + EVENTS.replace("acme_us", "Acme-US"), [], "a source is a folder's name of lower-case letters"),
    ],
)
def test_wrong_settings_are_a_sentence_and_nothing_is_asked(
    shell: Shell, rows: str | None, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if rows is None:
        (shell.root / "seeds" / "pulls.csv").unlink()
        (shell.root / "seeds" / "sources.csv").write_text("source,timezone\n", encoding="utf-8")  # a folder of seeds
    else:
        shell.rows(rows)
    assert shell.pull(*arguments) == 2
    said = capsys.readouterr().err
    assert words.replace("FOLDER", str(shell.root / "seeds")) in said and said.count("\n") == 1
    assert (shell.fake.asked, shell.landed()) == (0, [])


def test_the_seeds_cells_mean_what_they_say(shell: Shell) -> None:
    shell.rows(
        HEADER + "a,klaviyo,klaviyo_events,mapped,2026-06-01T02:00:00+02:00,,\n"
        "b,klaviyo,klaviyo_events,, 2026-06-01 ,48,0\nb,klaviyo,klaviyo_profiles,,2026-06-01,0.0,7.0\n"
    )
    rows = read_rows(read_settings())
    assert [row.since for row in rows] == [SINCE] * 3
    assert [row.mapped_only for row in rows] == [True, False, False]
    assert [row.lookback.total_seconds() / 3600 for row in rows] == [72, 48, 0]
    assert [row.rescan.days for row in rows] == [30, 0, 7]


@pytest.mark.parametrize(
    "url",
    [
        "https://gateway.example:8443/klaviyo/",
        "http://127.0.0.1:8000",
        "http://127.5.6.7",
        "http://[::1]:8000",
        "http://localhost:1234",
    ],
)
def test_an_address_to_which_a_key_may_go_is_taken(url: str) -> None:
    assert access_of("shop", "klaviyo", {"CAW_PULL_KEY_SHOP_KLAVIYO": "k", "CAW_PULL_URL_SHOP_KLAVIYO": url})


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://a.klaviyo.com", "would send the key in plain text"),
        ("http://127.0.0.1.example.com", "would send the key in plain text"),
        ("http://10.0.0.1", "would send the key in plain text"),
        ("http://127.1", "would send the key in plain text"),
        ("http://[::ffff:127.0.0.1]", "would send the key in plain text"),
        ("https://me:secret@a.klaviyo.com", "holds a user"),
        ("http://localhost@a.klaviyo.com", "holds a user"),
        ("a.klaviyo.com", "is no address"),
        ("ftp://a.klaviyo.com", "is no address"),
        ("https://", "is no address"),
        ("https://a.klaviyo.com?x=secret", "is no address"),
        ("https://a.klaviyo.com:secret", "is no address"),
    ],
)
def test_an_address_to_which_no_key_may_go_is_refused_and_not_quoted(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=f"CAW_PULL_URL_SHOP_KLAVIYO {words}") as refused:
        access_of("shop", "klaviyo", {"CAW_PULL_KEY_SHOP_KLAVIYO": "k", "CAW_PULL_URL_SHOP_KLAVIYO": url})
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("key", ["secret key", "secret\nkey", "sécret"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_quoted(key: str) -> None:
    """requests would quote it whole in its error."""
    with pytest.raises(SettingsError, match="CAW_PULL_KEY_SHOP_KLAVIYO holds a character that no key has") as refused:
        access_of("shop", "klaviyo", {"CAW_PULL_KEY_SHOP_KLAVIYO": key})
    assert "cret" not in str(refused.value)
    assert "k" not in repr(access_of("shop", "klaviyo", {"CAW_PULL_KEY_SHOP_KLAVIYO": "kkk"})).replace("klaviyo", "")


def test_without_a_url_it_is_the_public_one() -> None:
    assert access_of("shop", "klaviyo", {"CAW_PULL_KEY_SHOP_KLAVIYO": " k \n"}).address == "https://a.klaviyo.com"


def test_a_pull_as_a_process_is_killed_goes_on_and_keeps_the_key_to_itself(tmp_path: Path) -> None:
    """What it says, keeps and lands has nothing of the key, on a terminal neither; meanwhile the row is locked."""
    for name in ("landing", "seeds"):
        (tmp_path / name).mkdir()
    (tmp_path / "seeds" / "pulls.csv").write_text(HEADER + EVENTS, encoding="utf-8")
    folders = ["--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]
    command = [*module("caw_dagster.cli"), "pull", *folders]
    started: list[subprocess.Popen[bytes]] = []
    held: list[bool] = []

    def before(number: int) -> None:
        if number == 1:
            started[0].kill()
            started[0].wait()
        if number == 3:
            with tried(tmp_path / "data" / "pull" / "acme_us" / "klaviyo_events.lock") as is_free:
                held.append(is_free)

    with FakeKlaviyo() as fake:
        fake.events, fake.before = every(60, 8, SINCE), before
        fake.troubles = {2: Trouble(429, {"Retry-After": "0"})}
        environment = {**os.environ, "CAW_SEEDS_DIR": str(tmp_path / "seeds"), KEY_OF_US: KEY, URL_OF_US: fake.url}
        started.append(subprocess.Popen(command, env=environment))
        assert started[0].wait() == -signal.SIGKILL
        reading, terminal = os.openpty()
        ended = subprocess.run(command, env=environment, stdout=terminal, stderr=subprocess.PIPE, check=False)
        os.close(terminal)
        said = os.read(reading, 100_000).decode().replace("\r", "") + ended.stderr.decode()
    assert (ended.returncode, held) == (0, [False])
    assert said.splitlines()[:3] == [
        "  acme_us klaviyo_events: the vendor answers HTTP 429; trying again in 1 s",
        "  acme_us klaviyo_events: page 1, 3 new",
        "  acme_us klaviyo_events: page 2, 5 new",
    ]
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    landed = sorted(path for path in written if path.suffix == ".jsonl")
    ids = [json.loads(line)["id"] for path in landed for line in path.read_bytes().splitlines()]
    assert sorted(ids) == [f"ev{number:04}" for number in range(8)]
    assert KEY not in said and all(KEY.encode() not in path.read_bytes() for path in written)
    made = [path for path in written if path.suffix in (".jsonl", ".sqlite", ".lock")]
    assert len(made) >= 5 and [path.name for path in made if path.stat().st_mode & 0o077] == []
