"""A team's folder as `caw init` makes it, with models of each kind: what a run of it takes."""

from pathlib import Path

from caw_dagster.cli import main

MODELS = {
    "segments/talked.sql": """
        {{ caw.segment(caw.all_of([
            caw.did("conversation_started", in_last_days=30, where={"channel": "web_chat"}),
            caw.any_of([caw.has_property("email"), caw.has_consent("email"), caw.did_not("placed_order")]),
        ])) }}
    """,
    "own/talks.sql": """
        {{ config(materialized="incremental", unique_key="conversation_id", schema="performance") }}
        select source, conversation_id, profile_id, occurred_at
        from {{ ref("caw", "conversation_started") }}
        {% if is_incremental() %} where occurred_at >= (select max(occurred_at) from {{ this }}) {% endif %}
    """,
    "own/talks_by_source.sql": """
        {{ config(schema="health") }}
        select source, count(*) as talks from {{ ref("talks") }} group by source
    """,
    "own/tagged.sql": """
        {{ config(materialized="table", schema="segments", contract={"enforced": true}) }}
        select source, conversation_id, tags, occurred_at from {{ ref("caw", "conversation_resolved") }}
    """,
    "own/_own__models.yml": """
models:
  - name: tagged
    description: One row per conversation that was resolved.
    columns:
      - {name: source, data_type: varchar, constraints: [{type: not_null}], description: The account.}
      - {name: conversation_id, data_type: varchar, constraints: [{type: not_null}]}
      - {name: tags, data_type: "varchar[]"}
      - {name: occurred_at, data_type: timestamp with time zone}
""",
}  # fmt: skip
NAMES = ("never_talked", "talked", "talks", "talks_by_source", "tagged", "segment_membership")


def own_project(folder: Path) -> dict[str, str]:
    """Make the folder; the environment in which caw runs it."""
    assert main(["init", str(folder)]) == 0
    project = folder / "dbt_project"
    for name, text in MODELS.items():
        path = project / "models" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = project / "dbt_project.yml"
    listed = settings.read_text(encoding="utf-8").replace("- never_talked", "- never_talked\n      - talked")
    settings.write_text(listed, encoding="utf-8")
    return {"CAW_DBT_PROJECT_DIR": str(project), "CAW_SEEDS_DIR": str(folder / "seeds")}
