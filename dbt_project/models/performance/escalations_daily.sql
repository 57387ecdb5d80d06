with
    escalations as (
        select
            events.source,
            {{ local_date("events.occurred_at", "coalesce(sources.timezone, 'UTC')") }} as local_date,
            events.channel,
            coalesce(events.skill, 'none') as skill,
            coalesce(events.escalation_category, 'none') as category,
            events.conversation_id
        from {{ ref("conversation_escalated") }} as events
        left join {{ ref("stg_sources") }} as sources using (source)
    ),

    final as (
        select
            source,
            local_date,
            channel,
            skill,
            category,
            count(*) as escalations,
            count(distinct conversation_id) as conversations
        from escalations
        group by source, local_date, channel, skill, category
    )

select *
from final
