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
    ),

    -- a run of records with one skill begins where a record names another skill than the one before
    named as (
        select
            source,
            conversation_id,
            skill,
            lag(skill) over (partition by source, conversation_id order by position) as skill_before
        from {{ ref("int_conversation_records") }}
        where skill is not null
    ),

    runs as (
        select source, conversation_id, skill, count(*) as invocations
        from named
        where {{ differs("skill", "skill_before") }}
        group by source, conversation_id, skill
    )

select
    conversations.source,
    conversations.date,
    runs.skill,
    cast(sum(runs.invocations) as bigint) as invocations,
    count(*) as conversations,
    count(*) filter (where conversations.outcome = 'resolved') as resolved
from conversations
inner join runs using (source, conversation_id)
group by conversations.source, conversations.date, runs.skill
