{{
    config(
        materialized=adding(),
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_orders_to_attribute", "key": "order_id"},
    )
}}

with
    orders as (
        select *
        from ({{ attributable_orders() }}) as orders
        where {{ listed_in(ref("int_orders_to_attribute"), "order_id") }}
    ),

    windows as (select * from {{ ref("attribution_windows") }}),

    live_conversations as (
        select
            conversations.source,
            conversations.conversation_id,
            conversations.first_channel,
            {{ reach("conversations") }},
            profiles.profile_id
        from {{ ref("int_conversations") }} as conversations
        inner join {{ ref("int_conversation_profiles") }} as profiles using (source, conversation_id)
        where
            not conversations.is_preview
            and (conversations.source, profiles.profile_id) in (select source, profile_id from orders)
    ),

    -- what no window of any channel reaches is not looked at
    reached as (
        select live_conversations.*
        from live_conversations
        inner join
            (
                select source, profile_id, min(placed_at) as first_placed_at, max(placed_at) as last_placed_at
                from orders
                group by source, profile_id
            ) as ordered
            on live_conversations.source = ordered.source
            and live_conversations.profile_id = ordered.profile_id
            and live_conversations.reaches_from <= ordered.last_placed_at
            and live_conversations.reaches_to >= ordered.first_placed_at
    ),

    touches as (
        select
            reached.source,
            reached.profile_id,
            reached.conversation_id,
            records.position,
            records.occurred_at as touched_at,
            coalesce(records.known_channel_so_far, reached.first_channel, 'unknown') as channel
        from reached
        inner join
            {{ ref("int_conversation_records") }} as records
            on reached.source = records.source
            and reached.conversation_id = records.conversation_id
        where
            (records.record_type = 'message' and records.actor in ('customer', 'agent'))
            or records.event_name = 'product_recommendation_received'
            or records.record_type in ('link_clicked', 'added_to_cart')
    ),

    -- of those at one instant in one channel the last decides
    instants as {{ materialized() }} (
        select
            source, profile_id, channel, touched_at, max({{ record_of(["conversation_id", "position"]) }}) as last_touch
        from touches
        group by source, profile_id, channel, touched_at
    ),

    channels as (
        select distinct instants.source, instants.profile_id, instants.channel, windows.hours
        from instants
        inner join windows on instants.channel = windows.channel
    ),

    asked as (
        select orders.source, orders.order_id, orders.profile_id, orders.placed_at, channels.channel, channels.hours
        from orders
        inner join channels on orders.source = channels.source and orders.profile_id = channels.profile_id
    ),

    -- the last touch in each channel: where its window is over, so are those of the touches before it
    in_window as (
        select
            asked.source,
            asked.order_id,
            asked.channel,
            instants.touched_at,
            {{ field_of("instants.last_touch", 1) }} as conversation_id,
            {{ field_of("instants.last_touch", 2) }} as position
        from
            {{
                asof_joined(
                    "asked",
                    "instants",
                    {"source": "source", "profile_id": "profile_id", "channel": "channel"},
                    ["placed_at", "touched_at"],
                )
            }}
        where asked.placed_at <= {{ plus_hours("instants.touched_at", "asked.hours") }}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by source, order_id order by touched_at desc, conversation_id desc, position desc
            ) as place
        from in_window
    )

select
    orders.source,
    orders.order_id,
    orders.profile_id,
    ranked.conversation_id,
    ranked.channel,
    ranked.touched_at,
    orders.placed_at,
    orders.currency,
    orders.revenue
from orders
inner join ranked using (source, order_id)
where ranked.place = 1
