{{ config(materialized="ephemeral") }}

{%- set concerned -%}
(source, conversation_id) in (
    select source, conversation_id
    from {{ ref("int_events") }}
    where event_name in ('conversation_resolved', 'conversation_escalated')
)
{%- endset %}

with
    kept_tags as ({{ kept_tags(concerned) }}),

    so_far as (
        select
            source,
            conversation_id,
            position,
            {{ list_agg("tag") }} over (partition by source, conversation_id order by position) as tags,
            row_number() over (partition by source, conversation_id, position order by tag) as row_rank
        from kept_tags
    )

select source, conversation_id, position, {{ sorted_distinct("tags") }} as tags
from so_far
where row_rank = 1
