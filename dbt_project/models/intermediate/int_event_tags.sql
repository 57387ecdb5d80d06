{{ config(materialized="ephemeral") }}

{%- set concerned -%}
(source, conversation_id) in (
    select (source, conversation_id)
    from {{ ref("int_events") }}
    where event_name in ('conversation_resolved', 'conversation_escalated')
)
{%- endset %}

with kept_tags as ({{ kept_tags(concerned) }})

select events.source, events.conversation_id, events.record_id, {{ sorted_distinct(list_agg("kept_tags.tag")) }} as tags
from {{ ref("int_events") }} as events
inner join
    kept_tags
    on events.source = kept_tags.source
    and events.conversation_id = kept_tags.conversation_id
    and events.position >= kept_tags.position
where events.event_name in ('conversation_resolved', 'conversation_escalated')
group by events.source, events.conversation_id, events.record_id
