{{ config(materialized="ephemeral") }}

select
    events.source,
    events.conversation_id,
    events.record_id,
    {{ sorted_distinct(list_map(list_concat_agg("tagged.tags"), "tag", trimmed("tag"))) }} as tags
from {{ ref("int_events") }} as events
inner join
    {{ ref("int_conversation_records") }} as tagged
    on events.source = tagged.source
    and events.conversation_id = tagged.conversation_id
    and events.position >= tagged.position
    and {{ list_size("tagged.tags") }} > 0
where events.event_name in ('conversation_resolved', 'conversation_escalated')
group by events.source, events.conversation_id, events.record_id
