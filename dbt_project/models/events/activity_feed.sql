{{ config(materialized=as_view()) }}

{% set own_columns = {
    "conversation_started": ["initial_skill", "first_message"],
    "conversation_resolved": ["final_skill", "tags", "resolution_seconds"],
    "conversation_escalated": ["escalation_reason", "escalation_category", "skill", "tags"],
    "product_recommendation_received": ["products", "product_count", "layout", "skill"],
} %}
{% set common_columns = [
    "event_id",
    "source",
    "conversation_id",
    "profile_id",
    "channel",
    "occurred_at",
    "record_id",
    "ingested_at",
] %}

-- One union at a time: of a view with several in a row, as DuckDB 2 writes it, a 1.x client returns but the first two.
with
    {% for event_name, columns in own_columns.items() -%}
        {{ event_name }}_events as (
            select
                '{{ event_name }}' as event_name,
                {{ common_columns | join(",\n                ") }},
                {{
                    json_object_of(
                        columns | reject("equalto", "resolution_seconds") | list,
                        columns | select("equalto", "resolution_seconds") | list,
                    )
                }} as properties
            from {{ ref(event_name) }}
        ),

        up_to_{{ event_name }} as (
            {%- if not loop.first %}
                select *
                from up_to_{{ loop.previtem[0] }}
                union all
            {%- endif %}
            select *
            from {{ event_name }}_events
        ),

    {% endfor %}

    final as (select * from up_to_{{ own_columns.keys() | last }})

select *
from final
