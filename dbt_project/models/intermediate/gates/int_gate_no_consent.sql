-- Gate 4: the latest consent for the channel is not subscribed, is no longer valid, or there is none;
-- or a refused line of consents may have been a no.
with
    ranked as (
        select
            source,
            profile_id,
            channel,
            occurred_at,
            status,
            valid_until,
            row_number() over (
                partition by source, profile_id, channel, occurred_at order by {{ latest_consent_first() }}
            ) as place
        from {{ ref("int_consents") }}
        where
            (source, profile_id, channel)
            in (select (source, profile_id, message_channel) from {{ ref("int_retargeting_triggers") }})
    ),

    -- of several at one instant only one ever decides
    consents as (select * from ranked where place = 1)

select triggers.policy_id, triggers.event_id
from
    {{ ref("int_retargeting_triggers") }} as triggers {{ left_asof_join() }}
    consents
    on triggers.source = consents.source
    and triggers.profile_id = consents.profile_id
    and triggers.message_channel = consents.channel
    and triggers.judged_at >= consents.occurred_at
where
    triggers.require_consent
    and triggers.profile_id is not null
    and (
        consents.status is distinct from 'subscribed'
        or consents.valid_until <= triggers.judged_at
        or {{ has_refused_line("consents", "triggers") }}
    )
