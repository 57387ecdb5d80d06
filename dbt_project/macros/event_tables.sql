{# The events of one kind that this run builds. #}
{% macro events_to_build(event_name) -%}
    select * from {{ ref("int_events") }} where event_name = '{{ event_name }}'
{%- endmacro %}

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

{# The stable id of an event (spec §3.9): md5 of the parts, each after its length in code points. #}
{% macro event_id(event_name, columns) -%}
    {{ md5_hex("'" ~ (event_name | length) ~ ":" ~ event_name ~ "'" ~ length_prefixed(columns)) }}
{%- endmacro %}

{% macro length_prefixed(columns) -%}
    {%- for column in columns %} || cast({{ code_points(column) }} as string) || ':' || {{ column }}{% endfor -%}
{%- endmacro %}

{# What a `from` names: each event with the row of int_event_tags that has its conversation's tags up to it, if any. #}
{% macro tags_so_far(events, tags) -%}
    {%- set keys = {"source": "source", "conversation_id": "conversation_id"} -%}
    {{ asof_joined(events, tags, keys, ["position", "position"], all_rows=true) }}
{%- endmacro %}
