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

    -- what an order's line may say for a recommended product: the same text, or what the products feed knows it by
    codes as (
        select distinct source, product_id, product_id as code, 'product_id' as code_kind
        from recommended
        union
        select distinct source, product_id, product_id as code, 'sku' as code_kind
        from recommended
        union
        select recommended.source, recommended.product_id, products.product_id as code, 'product_id' as code_kind
        from recommended
        inner join products on recommended.source = products.source and recommended.product_id = products.sku
        union
        select recommended.source, recommended.product_id, products.sku as code, 'sku' as code_kind
        from recommended
        inner join products on recommended.source = products.source and recommended.product_id = products.product_id
        where products.sku is not null
        union
        select recommended.source, recommended.product_id, products.sku as code, 'sku' as code_kind
        from recommended
        inner join products on recommended.source = products.source and recommended.product_id = products.sku
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

    purchases as (
        select recommended.event_id, recommended.position, min(bought.placed_at) as purchased_at
        from recommended
        inner join codes on recommended.source = codes.source and recommended.product_id = codes.product_id
        inner join
            bought
            on recommended.source = bought.source
            and recommended.profile_id = bought.profile_id
            and codes.code = bought.code
            and codes.code_kind = bought.code_kind
            and bought.placed_at >= recommended.recommended_at
            and bought.placed_at <= {{ plus_days("recommended.recommended_at", days_to_purchase) }}
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
