-- Gate 5: the latest action for the channel, or the latest for all channels, is suppress; of two at one instant,
-- suppress; or a refused line of suppressions may have been one.
with
    latest as (
        select
            triggers.policy_id,
            triggers.event_id,
            suppressions.action,
            row_number() over (
                partition by triggers.policy_id, triggers.event_id, suppressions.channel
                order by suppressions.occurred_at desc, suppressions.action = 'suppress' desc
            ) as place
        from {{ ref("int_retargeting_triggers") }} as triggers
        inner join
            {{ ref("int_suppressions") }} as suppressions
            on triggers.source = suppressions.source
            and triggers.profile_id = suppressions.profile_id
            and suppressions.channel in (triggers.message_channel, 'all')
            and suppressions.occurred_at <= triggers.judged_at
    )

select policy_id, event_id
from latest
where place = 1 and action = 'suppress'
union
select policy_id, event_id
from {{ ref("int_retargeting_triggers") }} as triggers
where {{ has_refused_line("suppressions", "triggers") }}
