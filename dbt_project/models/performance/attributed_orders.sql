{{
    config(
        materialized="incremental",
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
            and (conversations.source, profiles.profile_id) in (select (source, profile_id) from orders)
    ),

    -- what no window of any channel reaches is never compared record by record
    within_reach as (
        select
            orders.source,
            orders.order_id,
            orders.placed_at,
            live_conversations.conversation_id,
            live_conversations.first_channel
        from orders
        inner join
            live_conversations
            on orders.source = live_conversations.source
            and orders.profile_id = live_conversations.profile_id
            and orders.placed_at between live_conversations.reaches_from and live_conversations.reaches_to
    ),

    touches as (
        select
            orders.source,
            orders.order_id,
            orders.placed_at,
            orders.conversation_id,
            records.position,
            records.occurred_at as touched_at,
            coalesce(records.known_channel_so_far, orders.first_channel, 'unknown') as channel
        from within_reach as orders
        inner join
            {{ ref("int_conversation_records") }} as records
            on orders.source = records.source
            and orders.conversation_id = records.conversation_id
            and orders.placed_at >= records.occurred_at
        where
            (records.record_type = 'message' and records.actor in ('customer', 'agent'))
            or records.event_name = 'product_recommendation_received'
            or records.record_type in ('link_clicked', 'added_to_cart')
    ),

    in_window as {{ kept() }} (
        select
            orders.source, orders.order_id, orders.conversation_id, orders.position, orders.touched_at, orders.channel
        from touches as orders
        inner join
            windows
            on orders.channel = windows.channel
            and orders.placed_at <= {{ plus_hours("orders.touched_at", "windows.hours") }}
    ),

    -- the instant alone leaves few touches to sort
    latest as (select source, order_id, max(touched_at) as touched_at from in_window group by source, order_id),

    ranked as (
        select
            in_window.*,
            row_number() over (
                partition by in_window.source, in_window.order_id
                order by in_window.conversation_id desc, in_window.position desc
            ) as place
        from in_window
        inner join latest using (source, order_id, touched_at)
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
