"""The data dictionary says what the property files say."""

import runpy
from pathlib import Path

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.publication import SCHEMAS

WRITER = Path(__file__).resolve().parents[2] / "docs" / "make_data_dictionary.py"


def test_the_data_dictionary_is_up_to_date() -> None:
    """Prevents a description that was changed in the yml and not in the document; run docs/make_data_dictionary.py."""
    writer = runpy.run_path(str(WRITER))
    assert writer["DICTIONARY"].read_text(encoding="utf-8") == writer["data_dictionary"]()


def test_every_published_schema_and_seed_is_in_the_data_dictionary() -> None:
    """Prevents a folder whose property file has a name that the writer does not look for."""
    text = runpy.run_path(str(WRITER))["data_dictionary"]()
    for title in ("events.activity_feed", "segments.escalated_ever", "performance.conversations", "health.last_run"):
        assert f"\n### {title}\n" in text
    for seed in WRITER.parents[1].glob("seeds/*.csv"):
        assert f"\n### seeds/{seed.name}\n" in text


def test_every_published_model_is_in_the_data_dictionary() -> None:
    """Prevents a new table, such as one of the health schema, that no property file and so no reader knows."""
    text = runpy.run_path(str(WRITER))["data_dictionary"]()
    models = [
        (schema, path.stem) for schema in SCHEMAS for path in (DBT_PROJECT_DIR / "models" / schema).glob("**/*.sql")
    ]
    assert len(models) > len(SCHEMAS)
    assert [f"{schema}.{name}" for schema, name in models if f"\n### {schema}.{name}\n" not in text] == []
