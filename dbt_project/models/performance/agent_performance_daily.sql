with
    conversations as (select * from {{ ref("conversations") }} where started_at is not null),

    sources as (select * from {{ ref("performance_sources") }}),

    orders as ({{ orders_of_conversations() }}),

    days as (
        select
            source,
            currency,
            {{ days_between("first_date", "greatest(last_date, " ~ local_date(as_of(), "timezone") ~ ")") }} as date
        from sources
        where first_date is not null
    ),

    channels as (select distinct source, channel from conversations),

    counted as (
        select
            conversations.source,
            conversations.started_local_date as date,
            conversations.channel,
            count(*) as conversations,
            count(*) filter (where outcome = 'resolved') as resolved,
            count(*) filter (where outcome = 'escalated') as escalated,
            count(*) filter (where outcome = 'closed') as closed,
            count(*) filter (where outcome = 'abandoned') as abandoned,
            count(*) filter (where outcome = 'open') as open,
            sum(recommendations) as recommendations,
            sum(link_clicks) as link_clicks,
            sum(add_to_carts) as add_to_carts,
            sum(orders.orders) as attributed_orders,
            {{ summed_money("orders.revenue") }} as attributed_revenue,
            median(case when outcome = 'resolved' then resolution_seconds end) as median_resolution_seconds
        from conversations
        inner join sources on conversations.source = sources.source
        left join
            orders
            on conversations.source = orders.source
            and conversations.conversation_id = orders.conversation_id
            and sources.currency = orders.currency
        group by conversations.source, conversations.started_local_date, conversations.channel
    ),

    final as (
        select
            days.source,
            days.date,
            channels.channel,
            days.currency,
            {%- for name in ["conversations", "resolved", "escalated", "closed", "abandoned", "open"] %}
                coalesce(counted.{{ name }}, 0) as {{ name }},
            {%- endfor %}
            counted.resolved / cast(counted.conversations as double) as resolution_rate,
            {%- for name in ["recommendations", "link_clicks", "add_to_carts", "attributed_orders"] %}
                cast(coalesce(counted.{{ name }}, 0) as bigint) as {{ name }},
            {%- endfor %}
            cast(coalesce(counted.attributed_revenue, 0) as decimal(18, 2)) as attributed_revenue,
            cast(counted.attributed_revenue as double)
            / cast(counted.attributed_orders as double) as average_order_value,
            counted.median_resolution_seconds
        from days
        inner join channels using (source)
        left join counted using (source, date, channel)
    )

select *
from final
