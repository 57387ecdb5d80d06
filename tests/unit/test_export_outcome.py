"""An export to Postgres of which nobody knows whether it is done: the connection broke at its commit."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from caw.export import postgres
from caw.export.postgres import Exported, UnknownOutcomeError, export
from caw.publication.copies import copies_to_write_again, outdating_copies, remembered_copy


class Broken(Exception):
    """The driver's error."""


def driver(of_commit: Mapping[str, object]) -> SimpleNamespace:
    """A driver whose commit fails with these attributes."""

    def commit() -> None:
        refused = Broken("of jane@shop.example")
        vars(refused).update(of_commit)
        raise refused

    def close() -> None:
        pass

    connection = SimpleNamespace(cursor=lambda: SimpleNamespace(close=close), commit=commit, close=close)
    return SimpleNamespace(Error=Broken, connect=lambda _: connection)


@pytest.mark.parametrize("of_commit", [{}, {"sqlstate": "08006"}])
def test_a_copy_whose_commit_got_no_answer_may_be_there_and_is_remembered(
    of_commit: Mapping[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure would not name a database that has the person, as caw took the export for one that changed nothing."""
    duckdb.connect(str(tmp_path / "marts.duckdb")).close()
    monkeypatch.setattr(postgres, "import_module", lambda _: driver(of_commit))
    monkeypatch.setattr(postgres, "_replaced", lambda *_: Exported({}, ()))
    with (
        pytest.raises(UnknownOutcomeError, match="it is not known whether the tables are new") as refused,
        remembered_copy(tmp_path, ["caw", "export"], may_be_there=UnknownOutcomeError),
    ):
        export(tmp_path / "marts.duckdb", "url", "")
    assert "jane" not in str(refused.value)
    with outdating_copies(tmp_path):
        pass
    assert list(copies_to_write_again(tmp_path)) == ["Write again caw export"]
