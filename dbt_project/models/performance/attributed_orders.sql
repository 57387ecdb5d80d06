with
    orders as (select * from {{ ref("int_orders") }} where status <> 'cancelled' and profile_id is not null),

    live_conversations as (
        select conversations.source, conversations.conversation_id, conversations.first_channel, profiles.profile_id
        from {{ ref("int_conversations") }} as conversations
        inner join {{ ref("int_conversation_profiles") }} as profiles using (source, conversation_id)
        where
            not conversations.is_preview
            and (conversations.source, profiles.profile_id) in (select (source, profile_id) from orders)
    ),

    touches as (
        select
            live_conversations.source,
            live_conversations.conversation_id,
            live_conversations.profile_id,
            records.position,
            records.occurred_at as touched_at,
            coalesce(records.known_channel_so_far, live_conversations.first_channel, 'unknown') as channel
        from live_conversations
        inner join {{ ref("int_conversation_records") }} as records using (source, conversation_id)
        where
            (records.record_type = 'message' and records.actor in ('customer', 'agent'))
            or records.event_name = 'product_recommendation_received'
            or records.record_type in ('link_clicked', 'added_to_cart')
    ),

    windows as (select * from {{ ref("attribution_windows") }}),

    in_window as (
        select
            orders.source,
            orders.order_id,
            orders.profile_id,
            touches.conversation_id,
            touches.channel,
            touches.touched_at,
            orders.placed_at,
            orders.currency,
            orders.total - orders.refunded_total as revenue,
            row_number() over (
                partition by orders.source, orders.order_id
                order by touches.touched_at desc, touches.conversation_id desc, touches.position desc
            ) as place
        from orders
        inner join
            touches
            on orders.source = touches.source
            and orders.profile_id = touches.profile_id
            and orders.placed_at >= touches.touched_at
        inner join
            windows
            on touches.channel = windows.channel
            and orders.placed_at <= {{ plus_hours("touches.touched_at", "windows.hours") }}
    )

select
    source,
    order_id,
    profile_id,
    conversation_id,
    channel,
    touched_at,
    placed_at,
    currency,
    cast(revenue as decimal(18, 2)) as revenue
from in_window
where place = 1
