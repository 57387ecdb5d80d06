-- Gate 7: a flow send on the channel at or after the trigger, unless it names another policy or another event;
-- a send of a kind that nobody knows may have been one.
select distinct triggers.policy_id, triggers.event_id
from {{ ref("int_retargeting_triggers") }} as triggers
inner join
    {{ ref("int_message_sends") }} as sends
    on triggers.source = sends.source
    and triggers.profile_id = sends.profile_id
    and triggers.message_channel = sends.channel
    and (sends.kind = 'flow' or sends.kind_text is not null)
    and sends.sent_at >= triggers.triggered_at
    and sends.sent_at <= triggers.judged_at
    and coalesce(sends.policy_id, triggers.policy_id) = triggers.policy_id
    and coalesce(sends.event_id, triggers.event_id) = triggers.event_id
