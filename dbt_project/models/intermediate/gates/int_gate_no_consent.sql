-- Gate 4: the latest consent for the channel is not subscribed, is no longer valid, or there is none.
with
    latest as (
        select
            triggers.policy_id,
            triggers.event_id,
            triggers.judged_at,
            consents.status,
            consents.valid_until,
            row_number() over (
                partition by triggers.policy_id, triggers.event_id order by {{ latest_consent_first() }}
            ) as place
        from {{ ref("int_retargeting_triggers") }} as triggers
        left join
            {{ ref("int_consents") }} as consents
            on triggers.source = consents.source
            and triggers.profile_id = consents.profile_id
            and triggers.message_channel = consents.channel
            and consents.occurred_at <= triggers.judged_at
        where triggers.require_consent and triggers.profile_id is not null
    )

select policy_id, event_id
from latest
where place = 1 and (status is distinct from 'subscribed' or valid_until <= judged_at)
