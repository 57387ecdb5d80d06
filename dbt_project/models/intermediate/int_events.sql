{{ config(materialized="ephemeral") }}

select
    records.event_name,
    records.source,
    records.conversation_id,
    profiles.profile_id,
    coalesce(records.known_channel_so_far, conversations.first_channel, 'unknown') as channel,
    records.occurred_at,
    records.record_id,
    records.ingested_at,
    records.position,
    records.skill_at,
    conversations.first_skill,
    conversations.started_at,
    conversations.started_position
from {{ ref("int_conversation_records") }} as records
inner join {{ ref("int_conversations") }} as conversations using (source, conversation_id)
left join {{ ref("int_conversation_profiles") }} as profiles using (source, conversation_id)
where records.event_name is not null and not conversations.is_preview
