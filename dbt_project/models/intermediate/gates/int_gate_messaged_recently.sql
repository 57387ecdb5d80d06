-- Gate 6: a send on the channel that is not transactional in the last min_hours_since_last_message.
with
    sends as (
        select distinct source, profile_id, channel, sent_at
        from {{ ref("int_message_sends") }}
        where kind <> 'transactional'
    )

select triggers.policy_id, triggers.event_id
from
    {{ ref("int_retargeting_triggers") }} as triggers {{ asof_join() }}
    sends
    on triggers.source = sends.source
    and triggers.profile_id = sends.profile_id
    and triggers.message_channel = sends.channel
    and triggers.judged_at >= sends.sent_at
where
    triggers.min_hours_since_last_message > 0
    and sends.sent_at > {{ minus_hours("triggers.judged_at", "triggers.min_hours_since_last_message") }}
