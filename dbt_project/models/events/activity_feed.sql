{{ config(materialized="view") }}

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

{% for event_name, columns in own_columns.items() %}
    select
        '{{ event_name }}' as event_name,
        {{ common_columns | join(",\n    ") }},
        {{ json_object_of(columns) }} as properties
    from {{ ref(event_name) }} {{ "union all" if not loop.last }}
{% endfor %}
