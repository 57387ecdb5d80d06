-- Gate 6: a send on the channel that is not transactional in the last min_hours_since_last_message.
select distinct triggers.policy_id, triggers.event_id
from {{ ref("int_retargeting_triggers") }} as triggers
inner join
    {{ ref("int_message_sends") }} as sends
    on triggers.source = sends.source
    and triggers.profile_id = sends.profile_id
    and triggers.message_channel = sends.channel
    and sends.kind <> 'transactional'
    and sends.sent_at > {{ minus_hours("triggers.judged_at", "triggers.min_hours_since_last_message") }}
    and sends.sent_at <= triggers.judged_at
where triggers.min_hours_since_last_message > 0
