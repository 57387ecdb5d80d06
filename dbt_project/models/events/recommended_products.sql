{{ config(materialized="table") }}

{% set days_to_purchase = 7 %}

with
    recommended as (
        select
            events.event_id,
            product.position,
            product.element as product_id,
            events.source,
            events.profile_id,
            events.occurred_at as recommended_at
        from {{ ref("product_recommendation_received") }} as events
        cross join lateral {{ unnested("events.products", "product") }}
    ),

    products as (select * from {{ ref("int_products") }}),

    asked as (select distinct source, product_id from recommended),

    -- what an order's line may say for a recommended product: the same text, or what the products feed knows it by
    codes as (
        select source, product_id, product_id as code, 'product_id' as code_kind
        from asked
        union
        select source, product_id, product_id as code, 'sku' as code_kind
        from asked
        union
        select asked.source, asked.product_id, products.product_id as code, 'product_id' as code_kind
        from asked
        inner join products on asked.source = products.source and asked.product_id = products.sku
        union
        select asked.source, asked.product_id, products.sku as code, 'sku' as code_kind
        from asked
        inner join products on asked.source = products.source and asked.product_id = products.product_id
        where products.sku is not null
        union
        select asked.source, asked.product_id, products.sku as code, 'sku' as code_kind
        from asked
        inner join products on asked.source = products.source and asked.product_id = products.sku
    ),

    orders as (
        select orders.source, orders.profile_id, orders.placed_at, item.element as item
        from {{ ref("int_orders") }} as orders
        cross join lateral {{ unnested("orders.items", "item") }}
        where orders.status <> 'cancelled' and orders.profile_id is not null
    ),

    bought as (
        select source, profile_id, placed_at, item.product_id as code, 'product_id' as code_kind
        from orders
        where item.product_id is not null
        union all
        select source, profile_id, placed_at, item.sku as code, 'sku' as code_kind
        from orders
        where item.sku is not null
    ),

    -- an order's lines are fewer than recommendations times codes
    sold as (
        select distinct bought.source, bought.profile_id, bought.placed_at, codes.product_id
        from bought
        inner join codes using (source, code, code_kind)
    ),

    purchases as (
        select recommended.event_id, recommended.position, min(sold.placed_at) as purchased_at
        from recommended
        inner join
            sold
            on recommended.source = sold.source
            and recommended.profile_id = sold.profile_id
            and recommended.product_id = sold.product_id
            and sold.placed_at >= recommended.recommended_at
            and sold.placed_at <= {{ plus_days("recommended.recommended_at", days_to_purchase) }}
        group by recommended.event_id, recommended.position
    )

select
    recommended.event_id,
    recommended.position,
    recommended.product_id,
    recommended.source,
    recommended.profile_id,
    recommended.recommended_at,
    purchases.purchased_at,
    {{ seconds_between("recommended.recommended_at", "purchases.purchased_at") }} as seconds_to_purchase
from recommended
left join purchases using (event_id, position)
