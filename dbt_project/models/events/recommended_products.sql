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

    orders as (
        select orders.source, orders.profile_id, orders.placed_at, item.element as item
        from {{ ref("int_orders") }} as orders
        cross join lateral {{ unnested("orders.items", "item") }}
        where orders.status <> 'cancelled' and orders.profile_id is not null
    ),

    -- what an order's line may be asked by: what it says, the sku that the products feed knows its product by, and its
    -- sku for the recommended product whose sku it is in the feed
    sold as (
        select source, profile_id, placed_at, item.product_id as code, 'as said' as code_kind
        from orders
        where item.product_id is not null
        union
        select source, profile_id, placed_at, item.sku as code, 'as said' as code_kind
        from orders
        where item.sku is not null
        union
        select orders.source, orders.profile_id, orders.placed_at, products.sku as code, 'as said' as code_kind
        from orders
        inner join products on orders.source = products.source and orders.item.product_id = products.product_id
        where products.sku is not null
        union
        select source, profile_id, placed_at, item.sku as code, 'sku' as code_kind
        from orders
        where item.sku is not null
    ),

    asked as (
        select source, profile_id, event_id, position, recommended_at, product_id as code, 'as said' as code_kind
        from recommended
        union all
        select
            recommended.source,
            recommended.profile_id,
            recommended.event_id,
            recommended.position,
            recommended.recommended_at,
            products.sku as code,
            'sku' as code_kind
        from recommended
        inner join products on recommended.source = products.source and recommended.product_id = products.product_id
        where products.sku is not null
    ),

    -- most of what is recommended is never bought, and need not be sorted
    asked_and_sold as (
        select *
        from asked
        where (source, profile_id, code_kind, code) in (select source, profile_id, code_kind, code from sold)
    ),

    purchases as (
        select asked.event_id, asked.position, min(sold.placed_at) as purchased_at
        from
            {{
                asof_joined(
                    ["asked_and_sold", "asked"],
                    "sold",
                    {"source": "source", "profile_id": "profile_id", "code_kind": "code_kind", "code": "code"},
                    ["recommended_at", "placed_at"],
                    later=true,
                )
            }}
        where sold.placed_at <= {{ plus_days("asked.recommended_at", days_to_purchase) }}
        group by asked.event_id, asked.position
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
