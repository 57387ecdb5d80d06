-- Gate 3: an escalated event of the profile in the last exclude_escalated_days.
select distinct triggers.policy_id, triggers.event_id
from {{ ref("int_retargeting_triggers") }} as triggers
inner join
    {{ ref("conversation_escalated") }} as escalations
    on triggers.source = escalations.source
    and triggers.profile_id = escalations.profile_id
    and escalations.occurred_at > {{ minus_days("triggers.judged_at", "triggers.exclude_escalated_days") }}
    and escalations.occurred_at <= triggers.judged_at
where triggers.exclude_escalated_days > 0
