-- Every event belongs to a live conversation, which counts it; gives the conversations for which that is not so.
{% set conversation = ["source", "conversation_id"] %}

with
    -- sums of hashes say that all agree, or that conversations have to be looked at one by one, which takes five times
    -- as long
    counted as (
        select
            {{ sum_of_hashes(conversation + ["started_at"]) }} filter (where started_at is not null) as starts,
            {{ sum_of_hashes(conversation) }} filter (where resolved_at is not null) as resolutions,
            {{ sum_of_hashes(conversation, "escalation_count") }} as escalations,
            {{ sum_of_hashes(conversation, "recommendations") }} as recommendations,
            count(*) filter (where is_preview is null or (is_preview and started_at is not null)) as odd_previews
        from {{ ref("conversations") }}
    ),

    happened as (
        select
            (
                select {{ sum_of_hashes(conversation + ["occurred_at"]) }} from {{ ref("conversation_started") }}
            ) as starts,
            (
                select {{ sum_of_hashes(conversation) }}
                from (select distinct source, conversation_id from {{ ref("conversation_resolved") }})
            ) as resolutions,
            (
                select coalesce({{ sum_of_hashes(conversation) }}, 0) from {{ ref("conversation_escalated") }}
            ) as escalations,
            (
                select coalesce({{ sum_of_hashes(conversation) }}, 0) from {{ ref("product_recommendation_received") }}
            ) as recommendations,
            0 as odd_previews
    ),

    disagreement as (
        select *
        from counted
        except
        select *
        from happened
    ),

    conversations as (select * from {{ ref("conversations") }} where exists (select * from disagreement)),

    feed as (select * from {{ ref("activity_feed") }} where exists (select * from disagreement)),

    events as (
        select
            source,
            conversation_id,
            min(case when event_name = 'conversation_started' then occurred_at end) as started_at,
            count(*) filter (where event_name = 'conversation_started') as starts,
            count(*) filter (where event_name = 'conversation_resolved') as resolutions,
            count(*) filter (where event_name = 'conversation_escalated') as escalations,
            count(*) filter (where event_name = 'product_recommendation_received') as recommendations
        from feed
        group by source, conversation_id
    )

select source, conversation_id
from conversations
full join events using (source, conversation_id)
where
    conversations.is_preview is null
    or (conversations.is_preview and events.starts is not null)
    or {{ differs("conversations.started_at", "events.started_at") }}
    or coalesce(events.starts, 0) > 1
    or (conversations.resolved_at is not null) <> (coalesce(events.resolutions, 0) > 0)
    or conversations.escalation_count <> coalesce(events.escalations, 0)
    or conversations.recommendations <> coalesce(events.recommendations, 0)
