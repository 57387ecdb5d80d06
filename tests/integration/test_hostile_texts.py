"""Whatever is in ids, messages, tags and names: nothing is executed, nothing is lost, and no line stops a run."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from caw.feeds.declared import feeds
from caw.publication import LastRun, publish
from caw.report.formats import LONGEST
from caw.report.tiles import read_tiles
from caw.report.write import pages
from tests.support.hostile_texts import CANARY, drawn_lines, name_of, texts
from tests.support.html_page import elements, foreign
from tests.support.pipeline import Pipeline
from tests.support.project import ProjectCopy

NOW = datetime(2025, 3, 10, 12, tzinfo=UTC)
LINES_A_FEED = 120
PLACES = ("acme/orders", "acme", "")


def log_of(text: str, number: int) -> list[dict[str, object]]:
    """A conversation with the text wherever a text may stand."""
    shared = {"conversation_id": f"{text}#{number}", "occurred_at": "2025-03-09T12:00:00Z"}
    profile = {"profile_id": f"{text}#{number}", "email": text, "phone_number": text, "external_id": text}
    return [
        {**shared, "record_id": f"{text}1", "record_type": "message", "actor": "customer", "text": f"{text}.",
         "skill": f"{text}.", "tags": [f"{text}."], "channel": text, "profile": profile},
        {**shared, "record_id": f"{text}2", "record_type": "status_changed", "status": "escalated", "actor": "agent",
         "escalation_reason": text},
        {**shared, "record_id": f"{text}3", "record_type": "products_recommended", "products": [f"{text}."]},
    ]  # fmt: skip


def landed(rng: Random) -> dict[str, bytes]:
    """Texts in every field, as names of files and folders, and drawn lines of every feed."""
    many = texts()
    log = [json.dumps(record) for number, text in enumerate(many) for record in log_of(text, number)]
    people = [
        json.dumps({"profile_id": f"{text}#{number}", "updated_at": "2025-03-01T00:00:00Z", "merged_into": f"{text}!"})
        for number, text in enumerate(many)
    ]
    products = [
        json.dumps({"product_id": f"{text}.", "title": f"{text}!", "updated_at": "2025-03-01T00:00:00Z"})
        for text in many
    ]
    files = {
        "acme/conversation_log/texts.jsonl": "\n".join(log).encode(),
        "acme/profiles/texts.jsonl": "\n".join(people).encode(),
        "acme/products/texts.jsonl": "\n".join(products).encode(),
    }
    for number, name in enumerate(map(name_of, many)):
        place = PLACES[number % len(PLACES)]
        files["/".join(filter(None, [place, f"{number} {name}", "file.jsonl"]))] = b"{}"
        files[f"acme/orders/{number} {name}.jsonl"] = b"{}"
    for feed in feeds():
        if feed != "chat_transcripts":
            files[f"fuzz/{feed}/drawn.jsonl"] = b"\n".join(drawn_lines(feed, LINES_A_FEED, rng))
    return files


def assert_shown_as_texts(pipeline: Pipeline, folder: Path) -> None:
    """The report page of each source, from a publication, is made of its own elements alone (spec §9.1)."""
    tiles = [replace(one, sql=re.sub(r"limit \d+", "limit 900", one.sql)) for one in read_tiles()]
    published = publish(pipeline.data_dir / "warehouse.duckdb", folder / "published", LastRun("run", NOW, NOW, "1"))
    made = pages(published.path, tiles=tiles)
    assert [(one.source, one.faults) for one in made] == [("acme", []), ("fuzz", [])]
    assert [foreign(one.html) for one in made] == [set(), set()]
    whole = {text for text in texts() if text.isprintable() and len(text) < LONGEST}
    assert "<script>alert(1)</script>" in whole
    skills_and_titles = {f"{text}." for text in whole} | {f"{text}!" for text in whole}
    assert skills_and_titles <= set(elements(made[0].html).words)


def test_hostile_texts_and_drawn_lines_are_data_and_nothing_else(project: ProjectCopy, tmp_path: Path) -> None:
    """A text is run as SQL, as a template or as a command; an id is cut or mixed up; a line ends the run."""
    many = texts()
    files = landed(Random(4))
    pipeline = Pipeline(tmp_path, project)
    pipeline.deliver(files, NOW)
    pipeline.build(NOW)

    ledger = {row["file_path"]: row for row in pipeline.query("select * from health.ingestion_ledger")}
    written = {path.replace("\\", "\\x5c"): content for path, content in files.items()}
    assert set(ledger) == set(written)
    for path, row in ledger.items():
        assert row["status"] == ("loaded" if path.split("/")[1:2] != [] and row["feed"] else "unknown_feed"), path
        if row["status"] == "loaded":
            ended = [row[name] for name in ("blank", "accepted", "duplicates", "rejected")]
            assert row["lines"] == sum(ended) == len(written[path].split(b"\n")), path

    started = pipeline.query("select * from events.conversation_started where source = 'acme'")
    found = {row["conversation_id"]: (row["first_message"], row["initial_skill"]) for row in started}
    assert found == {f"{text}#{number}": (f"{text}.", f"{text}.") for number, text in enumerate(many)}
    escalated = pipeline.query("select * from events.conversation_escalated where source = 'acme'")
    assert {row["escalation_reason"] for row in escalated} == {text for text in many if text.strip()} | (
        {None} if any(not text.strip() for text in many) else set()
    )
    products = pipeline.query("select products from events.product_recommendation_received where source = 'acme'")
    assert {row["products"][0] for row in products} == {f"{text}." for text in many}

    assert_shown_as_texts(pipeline, tmp_path)
    assert not list(tmp_path.rglob(f"{CANARY}*"))
    assert not pipeline.query(f"select table_name from duckdb_tables() where table_name like '%{CANARY}%'")
