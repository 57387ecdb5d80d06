-- Every event belongs to a live conversation, which counts it; gives the conversations for which that is not so.
with
    events as (
        select
            source,
            conversation_id,
            min(case when event_name = 'conversation_started' then occurred_at end) as started_at,
            count(*) filter (where event_name = 'conversation_started') as starts,
            count(*) filter (where event_name = 'conversation_resolved') as resolutions,
            count(*) filter (where event_name = 'conversation_escalated') as escalations,
            count(*) filter (where event_name = 'product_recommendation_received') as recommendations
        from {{ ref("activity_feed") }}
        group by source, conversation_id
    )

select source, conversation_id
from {{ ref("conversations") }} as conversations
full join events using (source, conversation_id)
where
    conversations.is_preview is null
    or (conversations.is_preview and events.starts is not null)
    or {{ differs("conversations.started_at", "events.started_at") }}
    or coalesce(events.starts, 0) > 1
    or (conversations.resolved_at is not null) <> (coalesce(events.resolutions, 0) > 0)
    or conversations.escalation_count <> coalesce(events.escalations, 0)
    or conversations.recommendations <> coalesce(events.recommendations, 0)
