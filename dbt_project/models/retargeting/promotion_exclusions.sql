{% set days = 7 %}

with
    escalations as (
        select source, profile_id, max(occurred_at) as last_escalated_at
        from {{ ref("conversation_escalated") }}
        where profile_id is not null and occurred_at > {{ minus_days(as_of(), days) }} and occurred_at <= {{ as_of() }}
        group by source, profile_id
    ),

    final as (
        select
            escalations.source,
            escalations.profile_id,
            'escalated' as reason,
            escalations.last_escalated_at,
            {{ plus_days("escalations.last_escalated_at", days) }} as excluded_until,
            run.as_of
        from escalations
        cross join {{ ref("int_run") }} as run
    )

select *
from final
