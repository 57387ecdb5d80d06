"""Writes docs/data_dictionary.md from the property files of the dbt project, where the words have their one home.

    python docs/make_data_dictionary.py

tests/unit/test_data_dictionary.py fails when the file is older than the words.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from caw.feeds.declared import DBT_PROJECT_DIR
from caw.publication import LAST_RUN_COMMENTS, SCHEMAS

DICTIONARY = Path(__file__).with_name("data_dictionary.md")
SEED_PROPERTIES = DBT_PROJECT_DIR.parent / "seeds" / "_seeds.yml"
OPENING = """\
# Data dictionary

What the published file `published/marts.duckdb` holds, schema by schema, and the seeds that a team may change. Written
by `python docs/make_data_dictionary.py` from the dbt project's property files: change the words there.

Instants are UTC (`timestamp with time zone`, microseconds), money is `decimal(18,2)`, lists are typed. A key is unique
within a source. The rules behind the tables are in [the specification](specification.md).

No published table has a column for a shopper's e-mail address or phone number: copies of the file stay where tools put
them, out of the reach of an erasure. To write to the people that retargeting or a segment names, join profile_id,
within its source, with the addresses in the shop's or the sending tool's own list of profiles. (What people wrote and
refused lines are published as they came, and may quote an address.)

[questions.md](questions.md) has what teams ask, each question with its query.
"""
LAST_RUN = "One row: the run that wrote the file. Source: the publication (the specification, §4.19)."


def data_dictionary(project: Path = DBT_PROJECT_DIR, seeds: Path = SEED_PROPERTIES) -> str:
    """The whole document as Markdown."""
    parts = [OPENING]
    for schema in SCHEMAS:
        parts.append(f"## {schema}\n")
        for path in sorted((project / "models" / schema).glob("**/*__models.yml")):
            parts += [_table(f"{schema}.{_published_name(model)}", model) for model in _entries(path, "models")]
        if schema == "health":
            columns = [{"name": name, "description": words} for name, words in LAST_RUN_COMMENTS.items()]
            parts.append(_table("health.last_run", {"description": LAST_RUN, "columns": columns}))
    parts.append("## Seeds\n")
    parts += [_table(f"seeds/{seed['name']}.csv", seed) for seed in _entries(seeds, "seeds")]
    parts.append("## Metrics\n")
    parts.append("| metric | what it measures |\n|---|---|")
    parts.append("\n".join(f"| `{one['name']}` | {_cell(one['description'])} |" for one in _metrics(project)) + "\n")
    return "\n".join(parts)


def _entries(path: Path, kind: str) -> Sequence[Mapping[str, Any]]:
    return list((yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get(kind, []))


def _published_name(model: Mapping[str, Any]) -> str:
    """The table's name, which is the model's unless its config says another."""
    return str(model.get("config", {}).get("alias") or model["name"])


def _metrics(project: Path) -> Iterator[Mapping[str, Any]]:
    for path in sorted((project / "models").glob("**/*__metrics.yml")):
        yield from _entries(path, "metrics")


def _table(title: str, entry: Mapping[str, Any]) -> str:
    types = entry.get("config", {}).get("column_types", {})
    lines = [f"### {title}\n", f"{entry['description'].strip()}\n", "| column | type | |", "|---|---|---|"]
    for column in entry.get("columns", []):
        kind = column.get("data_type") or types.get(column["name"], "")
        never_null = any(one["type"] == "not_null" for one in column.get("constraints", []))
        shown = f"{kind}, never null" if never_null else kind
        lines.append(f"| `{column['name']}` | {shown} | {_cell(column.get('description', ''))} |")
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    DICTIONARY.write_text(data_dictionary(), encoding="utf-8")
