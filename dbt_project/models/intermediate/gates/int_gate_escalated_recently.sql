-- Gate 3: an escalated event of the profile in the last exclude_escalated_days.
with
    escalations as (
        select distinct source, profile_id, occurred_at
        from {{ ref("conversation_escalated") }}
        where profile_id is not null
    )

select triggers.policy_id, triggers.event_id
from
    {{ ref("int_retargeting_triggers") }} as triggers {{ asof_join() }}
    escalations
    on triggers.source = escalations.source
    and triggers.profile_id = escalations.profile_id
    and triggers.judged_at >= escalations.occurred_at
where
    triggers.exclude_escalated_days > 0
    and escalations.occurred_at > {{ minus_days("triggers.judged_at", "triggers.exclude_escalated_days") }}
