{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_to_rebuild"},
    )
}}

{%- set open_or_abandoned %}
case when last_record_at < {{ minus_hours(as_of(), 24) }} then 'abandoned' else 'open' end
{%- endset %}
{%- set zone = "coalesce(sources.timezone, 'UTC')" %}

{%- set rebuilt = ref("int_conversations_to_rebuild") %}
{%- set recontact_hours = 72 %}
{%- set is_over = as_of() ~ " >= " ~ plus_hours("resolved_at", recontact_hours) %}

with
    profiles as (select * from {{ ref("int_conversation_profiles") }}),

    {%- if is_incremental() %}
        present as (select * from {{ this }}),

        touched as (select source, conversation_id from {{ rebuilt }}),

        -- whoever had or has one of these: for an older conversation it may be, or have been, the one that came back
        touched_shoppers as (
            select source, profile_id
            from present
            where (source, conversation_id) in (select source, conversation_id from touched)
            union
            select source, profile_id
            from {{ ref("int_conversation_profiles") }}
            where (source, conversation_id) in (select source, conversation_id from touched)
        ),

        to_build as (
            select source, conversation_id
            from touched
            union
            select source, conversation_id
            from present
            where outcome = 'resolved' and (source, profile_id) in (select source, profile_id from touched_shoppers)
            union  -- the clock has changed these, and nothing else
            select source, conversation_id
            from present
            where
                (outcome in ('open', 'abandoned') and outcome <> {{ open_or_abandoned }})
                or (
                    outcome = 'resolved'
                    and profile_id is not null
                    and recontacted_at is null
                    and {{ differs("resolution_stood", "case when " ~ is_over ~ " then true end") }}
                )
        ),
    {%- endif %}

    conversations as (
        select
            *,
            case
                when customer_messages > customer_messages_at_last_status and last_status in ('resolved', 'closed')
                then 'open'
                else coalesce(last_status, 'open')
            end as end_state,
            reopened_before_last_status + case
                when customer_messages > customer_messages_at_last_status and last_status in ('resolved', 'closed')
                then 1
                else 0
            end as reopen_count
        from {{ ref("int_conversations") }}
        where {{ of_conversations_in("to_build") }}
    ),

    first_escalations as (
        select source, conversation_id, record_id as escalated_record_id, escalation_reason, escalation_category
        from {{ ref("conversation_escalated") }}
    ),

    sources as (select source, timezone from {{ ref("stg_sources") }}),

    human_replies as (
        select conversations.source, conversations.conversation_id, min(records.occurred_at) as first_human_reply_at
        from conversations
        inner join
            {{ ref("int_conversation_records") }} as records
            on conversations.source = records.source
            and conversations.conversation_id = records.conversation_id
            and conversations.escalated_position < records.position
        where records.record_type = 'message' and records.actor = 'human'
        group by conversations.source, conversations.conversation_id
    ),

    outcomes as (
        select
            conversations.source,
            conversations.conversation_id,
            profiles.profile_id,
            coalesce(conversations.first_channel, 'unknown') as channel,
            conversations.is_preview,
            case when not is_preview then conversations.started_at end as started_at,
            conversations.first_record_at,
            conversations.last_record_at,
            conversations.first_skill as initial_skill,
            conversations.last_skill as final_skill,
            conversations.customer_messages,
            conversations.agent_messages,
            conversations.human_messages,
            case when is_preview then 0 else conversations.recommendations end as recommendations,
            conversations.link_clicks,
            conversations.add_to_carts,
            case when not is_preview then conversations.resolved_at end as resolved_at,
            case
                when
                    not is_preview
                    and conversations.started_position < conversations.resolved_position
                    and not coalesce(conversations.started_from_start and conversations.resolved_from_start, false)
                then {{ seconds_between("conversations.started_at", "conversations.resolved_at") }}
            end as resolution_seconds,
            case when not is_preview then conversations.escalated_at end as escalated_at,
            first_escalations.escalation_reason,
            first_escalations.escalation_category,
            case when is_preview then 0 else conversations.escalations end as escalation_count,
            conversations.reopen_count,
            conversations.tags,
            case
                when conversations.is_preview
                then null
                when conversations.escalations > 0
                then 'escalated'
                when
                    conversations.resolved_at is not null
                    and conversations.human_messages = 0
                    and conversations.end_state in ('resolved', 'closed')
                then 'resolved'
                when conversations.end_state in ('closed', 'resolved')
                then 'closed'
                else {{ open_or_abandoned }}
            end as outcome,
            case when not is_preview then {{ local_date("conversations.started_at", zone) }} end as started_local_date,
            case when not is_preview then {{ local_hour("conversations.started_at", zone) }} end as started_local_hour,
            case
                when not is_preview then {{ weekday(local_date("conversations.started_at", zone)) }}
            end as started_weekday,
            case
                when
                    not is_preview
                    and not coalesce(conversations.started_from_start and conversations.first_reply_from_start, false)
                then {{ seconds_between("conversations.started_at", "conversations.first_reply_at") }}
            end as first_response_seconds,
            case
                when not is_preview
                then {{ seconds_between("conversations.escalated_at", "human_replies.first_human_reply_at") }}
            end as first_human_response_seconds,
            case
                when is_preview
                then null
                when conversations.agent_messages > 0 and conversations.human_messages > 0
                then 'both'
                when conversations.agent_messages > 0
                then 'agent'
                when conversations.human_messages > 0
                then 'human'
                else 'nobody'
            end as handled_by
        from conversations
        left join profiles using (source, conversation_id)
        left join first_escalations using (source, conversation_id, escalated_record_id)
        left join human_replies using (source, conversation_id)
        left join sources using (source)
    ),

    resolved as (
        select source, conversation_id, profile_id, resolved_at, {{ next_instant("resolved_at") }} as after_resolved_at
        from outcomes
        where outcome = 'resolved' and profile_id is not null
    ),

    started as (
        select conversations.source, profiles.profile_id, conversations.conversation_id, conversations.started_at
        from {{ ref("int_conversations") }} as conversations
        inner join profiles using (source, conversation_id)
        where
            not conversations.is_preview
            and conversations.started_at is not null
            and (conversations.source, profiles.profile_id) in (select source, profile_id from resolved)
    ),

    -- a conversation may start after it was resolved: then the one that comes back is the next
    starts as (
        select
            source,
            profile_id,
            started_at,
            min(conversation_id) as conversation_id,
            count(*) as conversations,
            lead(started_at) over (partition by source, profile_id order by started_at) as next_started_at
        from started
        group by source, profile_id, started_at
    ),

    recontacts as (
        select
            resolved.source,
            resolved.conversation_id,
            case
                when starts.conversations = 1 and starts.conversation_id = resolved.conversation_id
                then starts.next_started_at
                else starts.started_at
            end as recontacted_at
        from
            {{
                asof_joined(
                    "resolved",
                    "starts",
                    {"source": "source", "profile_id": "profile_id"},
                    ["after_resolved_at", "started_at"],
                    later=true,
                )
            }}
    ),

    in_time as (
        select outcomes.*, recontacts.recontacted_at
        from outcomes
        left join
            recontacts
            on outcomes.source = recontacts.source
            and outcomes.conversation_id = recontacts.conversation_id
            and recontacts.recontacted_at <= {{ plus_hours("outcomes.resolved_at", recontact_hours) }}
    ),

    final as (
        select
            *,
            case
                when recontacted_at is not null
                then false
                when outcome = 'resolved' and profile_id is not null and {{ is_over }}
                then true
            end as resolution_stood
        from in_time
    )

select *
from final
