"""Spec §2.3.9: which users of a helpdesk are its AI."""

from pathlib import Path

import pytest

from caw.adapters.agent_users import load_agent_users
from caw.feeds.declared import SEEDS_DIR
from caw.formats.json_numbers import Number


def test_a_user_is_the_ai_by_id_email_or_name(tmp_path: Path) -> None:
    """A row that names the user in another spelling, or by a number, is overlooked; or another helpdesk's counts."""
    rows = "vendor,user\nGorgias,Agent Élodie\ngorgias,71\nzendesk,bot@shop.example\n"
    (tmp_path / "agent_users.csv").write_text(rows, encoding="utf-8")
    users = load_agent_users(tmp_path, "gorgias")
    assert [users.has(name) for name in ("agent-elodie", Number("71"), "71", "bot@shop.example", None, "")] == [
        *[True] * 3, *[False] * 3,
    ]  # fmt: skip
    assert load_agent_users(tmp_path, "zendesk").has(None, Number("5"), "BOT@shop.example")
    assert users.fingerprint != load_agent_users(tmp_path, "zendesk").fingerprint


def test_gorgias_s_ai_is_known_by_name_where_a_folder_has_no_seed(tmp_path: Path) -> None:
    assert load_agent_users(tmp_path, "gorgias").has("AI Agent")
    assert load_agent_users(SEEDS_DIR, "gorgias").has("ai_agent")


def test_a_blank_cell_is_named(tmp_path: Path) -> None:
    (tmp_path / "agent_users.csv").write_text("vendor,user\ngorgias,\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"agent_users\.csv row 1: user must not be blank"):
        load_agent_users(tmp_path, "gorgias")
