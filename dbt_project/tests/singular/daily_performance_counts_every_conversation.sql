-- Every live conversation with a start is counted on one day, in one channel; gives the sources for which that is not
-- so.
with
    started as (
        select
            source,
            count(*) as conversations,
            count(*) filter (where outcome = 'resolved') as resolved,
            sum(recommendations) as recommendations
        from {{ ref("conversations") }}
        where started_at is not null
        group by source
    ),

    counted as (
        select
            source,
            sum(conversations) as conversations,
            sum(resolved) as resolved,
            sum(recommendations) as recommendations
        from {{ ref("agent_performance_daily") }}
        group by source
    )

select source, started.conversations as conversations_started, counted.conversations as conversations_counted
from started
full join counted using (source)
where
    {{ differs("started.conversations", "counted.conversations") }}
    or {{ differs("started.resolved", "counted.resolved") }}
    or {{ differs("started.recommendations", "counted.recommendations") }}
