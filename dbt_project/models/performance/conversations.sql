{{
    config(
        materialized=adding(),
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_conversations_to_rebuild"},
    )
}}

{%- set open_or_abandoned %}
case when last_record_at < {{ minus_hours(as_of(), 24) }} then 'abandoned' else 'open' end
{%- endset %}

with
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
        where
            {{ of_conversations_in(ref("int_conversations_to_rebuild")) }}
            {%- if is_incremental() %}
                or (source, conversation_id) in (  -- the clock has changed it, and nothing else
                    select source, conversation_id
                    from {{ this }}
                    where outcome in ('open', 'abandoned') and outcome <> {{ open_or_abandoned }}
                )
            {%- endif %}
    ),

    profiles as (select * from {{ ref("int_conversation_profiles") }}),

    first_escalations as (
        select source, conversation_id, record_id as escalated_record_id, escalation_reason, escalation_category
        from {{ ref("conversation_escalated") }}
    ),

    final as (
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
            end as outcome
        from conversations
        left join profiles using (source, conversation_id)
        left join first_escalations using (source, conversation_id, escalated_record_id)
    )

select *
from final
