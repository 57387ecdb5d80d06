with
    conversations as (
        select
            conversations.*,
            {{ local_date("conversations.started_at", "coalesce(sources.timezone, 'UTC')") }} as date,
            coalesce(sources.currency, 'USD') as source_currency
        from {{ ref("conversations") }} as conversations
        left join {{ ref("stg_sources") }} as sources using (source)
        where conversations.started_at is not null
    ),

    orders as (
        select source, conversation_id, currency as source_currency, count(*) as orders, sum(revenue) as revenue
        from {{ ref("attributed_orders") }}
        group by source, conversation_id, currency
    ),

    final as (
        select
            source,
            date,
            channel,
            count(*) as conversations,
            count(*) filter (where outcome = 'resolved') as resolved,
            count(*) filter (where outcome = 'escalated') as escalated,
            count(*) filter (where outcome = 'closed') as closed,
            count(*) filter (where outcome = 'abandoned') as abandoned,
            count(*) filter (where outcome = 'open') as open,
            count(*) filter (where outcome = 'resolved') / cast(count(*) as double) as resolution_rate,
            cast(sum(recommendations) as bigint) as recommendations,
            cast(sum(link_clicks) as bigint) as link_clicks,
            cast(sum(add_to_carts) as bigint) as add_to_carts,
            cast(coalesce(sum(orders.orders), 0) as bigint) as attributed_orders,
            cast(coalesce(sum(orders.revenue), 0) as decimal(18, 2)) as attributed_revenue,
            cast(sum(orders.revenue) as double) / cast(sum(orders.orders) as double) as average_order_value,
            median(case when outcome = 'resolved' then resolution_seconds end) as median_resolution_seconds
        from conversations
        left join orders using (source, conversation_id, source_currency)
        group by source, date, channel
    )

select *
from final
