with
    touched as (select * from {{ ref("int_touched_conversations") }}),

    orders as (select * from {{ ref("int_orders") }}),

    sources as (select source, timezone from {{ ref("stg_sources") }}),

    quantities as (
        select orders.source, orders.order_id, sum({{ countable("item.element.quantity") }}) as items
        from orders
        cross join lateral {{ unnested("orders.items", "item") }}
        group by orders.source, orders.order_id
    ),

    firsts as (
        select
            source,
            order_id,
            row_number() over (partition by source, profile_id order by placed_at, order_id) = 1 as is_first_order
        from orders
        where profile_id is not null and status <> 'cancelled'
    ),

    attributed as (select source, order_id, conversation_id, touched_at from {{ ref("attributed_orders") }}),

    final as (
        select
            orders.source,
            orders.order_id,
            orders.profile_id,
            orders.placed_at,
            {{ local_date("orders.placed_at", "coalesce(sources.timezone, 'UTC')") }} as local_date,
            orders.status,
            orders.currency,
            orders.total,
            orders.refunded_total,
            cast(
                case when orders.status = 'cancelled' then 0 else {{ revenue_of("orders") }} end as decimal(18, 2)
            ) as revenue,
            cast(coalesce(quantities.items, 0) as decimal(38, 6)) as items,
            firsts.is_first_order,
            attributed.conversation_id,
            attributed.touched_at,
            coalesce(
                touched.touched_conversations,
                case when attributed.conversation_id is not null then {{ list_of(["attributed.conversation_id"]) }} end,
                {{ empty_text_list() }}
            ) as touched_conversations
        from orders
        left join sources using (source)
        left join quantities using (source, order_id)
        left join firsts using (source, order_id)
        left join attributed using (source, order_id)
        left join touched using (source, order_id)
    )

select *
from final
