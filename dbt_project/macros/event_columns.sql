{# The columns that every event table begins with, in the order of spec §3.8. `key` names the columns of the
   event's id. #}
{% macro event_columns(event_name, key) -%}
    {{ event_id(event_name, key) }} as event_id,
    events.source,
    events.conversation_id,
    events.profile_id,
    events.channel,
    events.occurred_at,
    events.record_id,
    events.ingested_at
{%- endmacro %}

{# What a `from` names: each event with the row of int_event_tags that has its conversation's tags up to it, if any. #}
{% macro tags_so_far(events, tags) -%}
    {%- set keys = {"source": "source", "conversation_id": "conversation_id"} -%}
    {{ asof_joined(events, tags, keys, ["position", "position"], all_rows=true) }}
{%- endmacro %}

{# The events of one kind that this run builds. #}
{% macro events_to_build(event_name) -%}
    select * from {{ ref("int_events") }} where event_name = '{{ event_name }}'
{%- endmacro %}
