{#- Of the conversations that this run builds: the four event tables take what they need from here, and what they have of
    other conversations stays. -#}
{%- set touched = ref("int_conversations_to_rebuild") -%}
{%- set is_built = (
    "(source, conversation_id) in (select source, conversation_id from " ~ touched ~ ")"
    if builds_to_add_to()
    else "true"
) -%}

with
    records as (select * from {{ ref("int_conversation_records") }} where event_name is not null and {{ is_built }}),

    conversations as (select * from {{ ref("int_conversations") }} where not is_preview and {{ is_built }}),

    profiles as (select * from {{ ref("int_conversation_profiles") }} where {{ is_built }}),

    named as (
        select source, conversation_id, skills_so_far, skill
        from {{ ref("int_conversation_records") }}
        where skill is not null and {{ is_built }}
    ),

    -- the records that name a skill, which holds for those after them that have had as many; it is cut before it is
    -- joined to these, as a join may keep what it has joined in memory
    skills as (
        select
            named.source,
            named.conversation_id,
            named.skills_so_far,
            {{ carried("named.skill", "conversations.events") }} as skill
        from named
        inner join conversations using (source, conversation_id)
        where conversations.events > 0
    ),

    final as (
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
            skills.skill as skill_at,
            records.time_from_start,
            conversations.started_at,
            conversations.started_position,
            conversations.started_from_start
        from records
        inner join conversations using (source, conversation_id)
        left join skills using (source, conversation_id, skills_so_far)
        left join profiles using (source, conversation_id)
    )

select *
from final
