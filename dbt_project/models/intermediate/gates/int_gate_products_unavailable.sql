-- Gate 9: every recommended product is known, by product_id or sku, and out of stock in its current version.
with
    recommended as (
        select triggers.policy_id, triggers.event_id, triggers.source, product.element as product_id
        from {{ ref("int_retargeting_triggers") }} as triggers
        cross join lateral {{ unnested("triggers.products", "product") }}
    ),

    stock as (
        select source, product_id as code, in_stock
        from {{ ref("int_products") }}
        union all
        select source, sku as code, in_stock
        from {{ ref("int_products") }}
        where sku is not null
    ),

    known as (select source, code, {{ any_true("in_stock") }} as in_stock from stock group by source, code)

select recommended.policy_id, recommended.event_id
from recommended
left join known on recommended.source = known.source and recommended.product_id = known.code
group by recommended.policy_id, recommended.event_id
having not {{ any_true("coalesce(known.in_stock, true)") }}
