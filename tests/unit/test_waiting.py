"""Every command that waits for another one says so at once, on stderr, and goes on when that has ended."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from caw.host.locks import LOCK, Holder, exclusive
from caw_dagster.cli import main
from tests.support.patience import PATIENCE_SECONDS, wait_until

RECORD = (
    '{"record_id": "1", "conversation_id": "c", "occurred_at": "2026-01-01T00:00:00Z", "record_type": "message", '
    '"actor": "customer"}\n'
)


@pytest.fixture
def folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """A landing zone and a data dir with one batch."""
    feed = tmp_path / "landing" / "acme" / "conversation_log"
    feed.mkdir(parents=True)
    (feed / "log.jsonl").write_text(RECORD, encoding="utf-8")
    given = ["--landing", str(tmp_path / "landing"), "--data-dir", str(tmp_path / "data")]
    assert main(["ingest", *given]) == 0
    capsys.readouterr()
    return given


@pytest.mark.parametrize(
    ("command", "lock"),
    [(["ingest"], LOCK), (["ingest", "--source", "acme"], "ingesting/acme.lock"), (["compact"], LOCK)],
)
def test_a_command_that_waits_says_for_who_apart_from_what_it_prints(
    command: Sequence[str], lock: str, folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person sees nothing happen; or a script reads the line as the command's answer."""
    codes: list[int] = []
    waiter = threading.Thread(target=lambda: codes.append(main([*command, *folders])))
    path = tmp_path / "data" / "state" / lock
    path.parent.mkdir(exist_ok=True)
    said: list[str] = []
    with exclusive(path, Holder("12345678-other", 77, "2026-06-10T12:00:00+00:00")):
        waiter.start()
        wait_until(lambda: said.append(capsys.readouterr().err) or "".join(said) != "")
    waiter.join(PATIENCE_SECONDS)
    assert "".join(said) == "caw: waiting for run 12345678 (process 77, since 2026-06-10T12:00:00+00:00) to end\n"
    assert codes == [0] and "aiting" not in capsys.readouterr().out
