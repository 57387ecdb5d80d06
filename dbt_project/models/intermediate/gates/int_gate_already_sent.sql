-- Gate 7: a flow send on the channel at or after the trigger, unless it names another policy or another event;
-- a send of a kind that nobody knows may have been one.
with
    triggers as (select * from {{ ref("int_retargeting_triggers") }}),

    sends as (
        select distinct source, profile_id, channel, sent_at, policy_id, event_id
        from {{ ref("int_message_sends") }}
        where kind = 'flow' or kind_text is not null
    ),

    of_events as (
        select distinct triggers.policy_id, triggers.event_id
        from triggers
        inner join
            sends
            on triggers.event_id = sends.event_id
            and triggers.source = sends.source
            and triggers.profile_id = sends.profile_id
            and triggers.message_channel = sends.channel
        where
            sends.sent_at between triggers.triggered_at and triggers.judged_at
            and coalesce(sends.policy_id, triggers.policy_id) = triggers.policy_id
    ),

    of_policies as (
        select triggers.policy_id, triggers.event_id
        from
            triggers {{ asof_join() }}
            (select * from sends where event_id is null and policy_id is not null) as sends
            on triggers.source = sends.source
            and triggers.profile_id = sends.profile_id
            and triggers.message_channel = sends.channel
            and triggers.policy_id = sends.policy_id
            and triggers.triggered_at <= sends.sent_at
        where sends.sent_at <= triggers.judged_at
    ),

    of_any as (
        select triggers.policy_id, triggers.event_id
        from
            triggers {{ asof_join() }}
            (select * from sends where event_id is null and policy_id is null) as sends
            on triggers.source = sends.source
            and triggers.profile_id = sends.profile_id
            and triggers.message_channel = sends.channel
            and triggers.triggered_at <= sends.sent_at
        where sends.sent_at <= triggers.judged_at
    )

select policy_id, event_id
from of_events
union
select policy_id, event_id
from of_policies
union
select policy_id, event_id
from of_any
