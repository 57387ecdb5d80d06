{{
    config(
        materialized="incremental",
        incremental_strategy="rebuild",
        on_schema_change="fail",
        meta={"rebuilds": "int_orders_to_attribute", "key": "order_id"},
    )
}}

-- Made after the orders' lists of touches: the next int_orders_to_attribute takes an order that is here as it is now
-- for made in both.
-- depends_on: {{ ref("int_touched_conversations") }}
with
    windows as (select * from {{ ref("attribution_windows") }}),

    orders as (
        select *
        from ({{ attributable_orders() }}) as orders
        where {{ listed_in(ref("int_orders_to_attribute"), "order_id") }}
    ),

    {{ touch_ctes() }},

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
            ) as row_rank
        from in_window
    ),

    final as (
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
        where ranked.row_rank = 1
    )

select *
from final
