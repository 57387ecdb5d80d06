with
    funnel as (
        select funnel.*, {{ local_date("funnel.recommended_at", "sources.timezone") }} as local_date, sources.currency
        from {{ ref("recommendation_funnel") }} as funnel
        inner join {{ ref("performance_sources") }} as sources using (source)
    ),

    -- an order of a product counts once for its shopper: at the latest recommendation of it
    ranked as (
        select
            *,
            row_number() over (
                partition by source, profile_id, product_id, purchased_order_id
                order by recommended_at desc, event_id desc
            ) as row_rank
        from funnel
        where purchased_order_id is not null
    ),

    purchases as (
        select
            source,
            local_date,
            product_id,
            count(*) as purchases,
            {{ summed_money("case when purchased_currency = currency then purchased_revenue end") }} as revenue
        from ranked
        where row_rank = 1
        group by source, local_date, product_id
    ),

    recommendations as (
        select
            source,
            local_date,
            product_id,
            max(title) as title,
            count(*) as recommendations,
            count(clicked_at) as clicks,
            count(carted_at) as carts,
            max(currency) as currency
        from funnel
        group by source, local_date, product_id
    ),

    final as (
        select
            recommendations.source,
            recommendations.local_date,
            recommendations.product_id,
            recommendations.title,
            recommendations.recommendations,
            recommendations.clicks,
            recommendations.carts,
            coalesce(purchases.purchases, 0) as purchases,
            recommendations.currency,
            cast(coalesce(purchases.revenue, 0) as decimal(18, 2)) as revenue
        from recommendations
        left join purchases using (source, local_date, product_id)
    )

select *
from final
