{% set days_to_order = 7 %}

with
    sends as (
        select source, message_id, profile_id, channel, sent_at, policy_id, event_id
        from {{ ref("int_message_sends") }}
        where kind = 'flow' and sent_at <= {{ as_of() }}
    ),

    triggers as (
        select policy_id, event_id, source, profile_id, message_channel as channel, triggered_at, send_after
        from {{ ref("int_retargeting_triggers") }}
    ),

    triggers_of_policies as (
        select source, profile_id, policy_id, triggered_at, max(event_id) as event_id
        from triggers
        group by source, profile_id, policy_id, triggered_at
    ),

    triggers_of_channels as (
        select source, profile_id, channel, triggered_at, max(event_id) as event_id
        from triggers
        group by source, profile_id, channel, triggered_at
    ),

    sends_of_policies as (select * from sends where event_id is null and policy_id is not null),

    sends_of_channels as (select * from sends where event_id is null and policy_id is null),

    -- the event that each follows: its own, or the latest trigger that its shopper had before it
    followed as (
        select source, message_id, profile_id, channel, sent_at, policy_id, event_id
        from sends
        where event_id is not null
        {%- for known_by, key in {"policies": "policy_id", "channels": "channel"}.items() %}
            union all
            select
                sends.source,
                sends.message_id,
                sends.profile_id,
                sends.channel,
                sends.sent_at,
                sends.policy_id,
                triggers.event_id
            from
                {{
                    asof_joined(
                        ["sends_of_" ~ known_by, "sends"],
                        ["triggers_of_" ~ known_by, "triggers"],
                        {"source": "source", "profile_id": "profile_id", key: key},
                        ["sent_at", "triggered_at"],
                    )
                }}
        {%- endfor %}
    ),

    -- a send that names no policy is of the least one on its channel that the event triggers
    policies as (
        select followed.source, followed.message_id, min(triggers.policy_id) as policy_id
        from followed
        inner join triggers on followed.source = triggers.source and followed.event_id = triggers.event_id
        where
            triggers.policy_id = followed.policy_id
            or (followed.policy_id is null and triggers.channel = followed.channel)
        group by followed.source, followed.message_id
    ),

    matched as (
        select
            followed.source,
            followed.message_id,
            policies.policy_id,
            followed.event_id,
            followed.profile_id,
            followed.channel,
            followed.sent_at,
            triggers.triggered_at,
            triggers.send_after
        from followed
        inner join policies using (source, message_id)
        inner join
            triggers
            on policies.policy_id = triggers.policy_id
            and followed.source = triggers.source
            and followed.event_id = triggers.event_id
    ),

    orders as (
        select source, profile_id, placed_at, min(order_id) as order_id
        from {{ ref("int_orders") }}
        where profile_id is not null and placed_at <= {{ as_of() }}
        group by source, profile_id, placed_at
    ),

    uncancelled_orders as (
        select source, profile_id, placed_at, min(order_id) as order_id
        from {{ ref("int_orders") }}
        where profile_id is not null and status <> 'cancelled' and placed_at <= {{ as_of() }}
        group by source, profile_id, placed_at
    ),

    ordered_before as (
        select matched.source, matched.message_id
        from
            {{
                asof_joined(
                    "matched",
                    "orders",
                    {"source": "source", "profile_id": "profile_id"},
                    ["triggered_at", "placed_at"],
                    later=true,
                )
            }}
        where orders.placed_at < matched.sent_at
    ),

    asked as (select *, {{ next_instant("sent_at") }} as after_sent_at from matched),

    ordered_after as (
        select asked.source, asked.message_id, orders.placed_at as ordered_at, orders.order_id
        from
            {{
                asof_joined(
                    "asked",
                    ["uncancelled_orders", "orders"],
                    {"source": "source", "profile_id": "profile_id"},
                    ["after_sent_at", "placed_at"],
                    later=true,
                )
            }}
        where orders.placed_at <= {{ plus_days("asked.sent_at", days_to_order) }}
    ),

    final as (
        select
            matched.source,
            matched.message_id,
            matched.policy_id,
            matched.event_id,
            matched.profile_id,
            matched.channel,
            matched.sent_at,
            matched.triggered_at,
            matched.send_after,
            {{ seconds_between("matched.send_after", "matched.sent_at") }} as seconds_after_send_after,
            ordered_before.message_id is not null as ordered_before_send,
            ordered_after.ordered_at,
            ordered_after.order_id,
            run.as_of
        from matched
        cross join {{ ref("int_run") }} as run
        left join ordered_before using (source, message_id)
        left join ordered_after using (source, message_id)
    )

select *
from final
