-- Gate 5: the latest action for the channel, or the latest for all channels, is suppress; of two at one instant,
-- suppress; or a refused line of suppressions may have been one.
with
    triggers as (select * from {{ ref("int_retargeting_triggers") }}),

    suppressions as (
        select source, profile_id, channel, occurred_at, {{ any_true("action = 'suppress'") }} as is_suppressed
        from {{ ref("int_suppressions") }}
        group by source, profile_id, channel, occurred_at
    )

{%- for channel in ("triggers.message_channel", "'all'") %}
    select triggers.policy_id, triggers.event_id
    from
        triggers {{ asof_join() }}
        suppressions
        on triggers.source = suppressions.source
        and triggers.profile_id = suppressions.profile_id
        and {{ channel }} = suppressions.channel
        and triggers.judged_at >= suppressions.occurred_at
    where suppressions.is_suppressed
    union
{%- endfor %}
select policy_id, event_id
from triggers
where {{ has_refused_line("suppressions", "triggers") }}
