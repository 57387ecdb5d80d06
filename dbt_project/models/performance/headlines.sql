{% set periods = {"last_7_days": 7, "last_28_days": 28, "all_time": none} %}
{% set amounts = [
    "conversations",
    "resolved",
    "resolution_rate",
    "escalated",
    "attributed_revenue",
    "average_order_value",
    "add_to_carts",
    "link_clicks",
] %}
{% set no_date = "cast(null as date)" %}

with
    sources as (
        select source, currency, {{ local_date(as_of(), "timezone") }} as today from {{ ref("performance_sources") }}
    ),

    -- the days of each period, and of the one of the same length before it
    periods as (
        {%- for period, days in periods.items() %}
            {%- for which, ago in [("", 0), ("previous", days or 0)] if days or not which %}
                select
                    source,
                    '{{ period }}' as period,
                    '{{ which }}' as which,
                    {{ add_days("today", -ago - days) if days else no_date }} as from_date,
                    {{ add_days("today", -ago - 1) if days else "today" }} as to_date
                from sources {{ "union all" if days }}
            {%- endfor %}
        {%- endfor %}
    ),

    orders as ({{ orders_of_conversations() }}),

    conversations as (
        select
            conversations.source,
            conversations.channel,
            conversations.started_local_date,
            conversations.outcome,
            conversations.add_to_carts,
            conversations.link_clicks,
            orders.orders,
            orders.revenue
        from {{ ref("conversations") }} as conversations
        inner join sources on conversations.source = sources.source
        left join
            orders
            on conversations.source = orders.source
            and conversations.conversation_id = orders.conversation_id
            and sources.currency = orders.currency
        where conversations.started_at <= {{ as_of() }}
    ),

    days as (
        select
            source,
            channel,
            started_local_date,
            count(*) as conversations,
            count(*) filter (where outcome = 'resolved') as resolved,
            count(*) filter (where outcome = 'escalated') as escalated,
            sum(add_to_carts) as add_to_carts,
            sum(link_clicks) as link_clicks,
            sum(orders) as orders,
            sum(revenue) as revenue
        from conversations
        group by source, channel, started_local_date
    ),

    channels as (
        select source, 'all' as channel
        from sources
        union
        select source, channel
        from {{ ref("conversations") }}
        where started_at is not null
    ),

    counted as (
        select
            periods.source,
            channels.channel,
            periods.period,
            periods.which,
            periods.from_date,
            periods.to_date,
            cast(coalesce(sum(days.conversations), 0) as bigint) as conversations,
            cast(coalesce(sum(days.resolved), 0) as bigint) as resolved,
            cast(sum(days.resolved) as double) / cast(sum(days.conversations) as double) as resolution_rate,
            cast(coalesce(sum(days.escalated), 0) as bigint) as escalated,
            cast(coalesce({{ summed_money("days.revenue") }}, 0) as decimal(18, 2)) as attributed_revenue,
            cast(sum(days.revenue) as double) / cast(sum(days.orders) as double) as average_order_value,
            cast(coalesce(sum(days.add_to_carts), 0) as bigint) as add_to_carts,
            cast(coalesce(sum(days.link_clicks), 0) as bigint) as link_clicks
        from periods
        inner join channels using (source)
        left join
            days
            on periods.source = days.source
            and channels.channel in ('all', days.channel)
            and days.started_local_date >= coalesce(periods.from_date, days.started_local_date)
            and days.started_local_date <= periods.to_date
        group by periods.source, channels.channel, periods.period, periods.which, periods.from_date, periods.to_date
    ),

    final as (
        select
            present.source,
            present.channel,
            present.period,
            present.from_date,
            present.to_date,
            sources.currency,
            {%- for amount in amounts %} present.{{ amount }}, {%- endfor %}
            {%- for amount in amounts %}
                previous.{{ amount }} as previous_{{ amount }}{{ "," if not loop.last }}
            {%- endfor %}
        from (select * from counted where which = '') as present
        inner join sources using (source)
        left join
            (select * from counted where which = 'previous') as previous
            on present.source = previous.source
            and present.channel = previous.channel
            and present.period = previous.period
    )

select *
from final
