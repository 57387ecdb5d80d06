with
    conversations as (
        select
            conversations.source,
            conversations.conversation_id,
            conversations.outcome,
            {{ local_date("conversations.started_at", "coalesce(sources.timezone, 'UTC')") }} as date
        from {{ ref("conversations") }} as conversations
        left join {{ ref("stg_sources") }} as sources using (source)
        where conversations.started_at is not null
    )

select
    conversations.source,
    conversations.date,
    skills.skill,
    cast(sum(skills.runs) as bigint) as invocations,
    count(*) as conversations,
    count(*) filter (where conversations.outcome = 'resolved') as resolved
from conversations
inner join {{ ref("int_skill_runs") }} as skills using (source, conversation_id)
group by conversations.source, conversations.date, skills.skill
