with
    conversations as (
        select source, conversation_id, outcome, started_local_date as date
        from {{ ref("conversations") }}
        where started_at is not null
    ),

    final as (
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
    )

select *
from final
