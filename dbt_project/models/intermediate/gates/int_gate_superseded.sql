-- Gate 8: a later trigger of the same policy and profile; of two at one instant the greater event_id is the later.
with
    followed as (
        select
            policy_id,
            event_id,
            judged_at,
            lead(triggered_at) over (
                partition by policy_id, source, profile_id order by triggered_at, event_id
            ) as next_triggered_at
        from {{ ref("int_retargeting_triggers") }}
        where profile_id is not null
    )

select policy_id, event_id
from followed
where next_triggered_at <= judged_at
