-- Gate 9: every recommended product is known, by product_id or sku, and out of stock in its current version.
{% set products = list_size("triggers.products") %}

with
    stock as (
        select source, product_id as code, in_stock
        from {{ ref("int_products") }}
        union all
        select source, sku as code, in_stock
        from {{ ref("int_products") }}
        where sku is not null
    ),

    gone as (select source, code from stock group by source, code having not {{ any_true("in_stock") }})

-- a recommendation names no product twice
select triggers.policy_id, triggers.event_id
from {{ ref("int_retargeting_triggers") }} as triggers
cross join lateral {{ unnested("triggers.products", "product") }}
inner join gone on triggers.source = gone.source and product.element = gone.code
group by triggers.policy_id, triggers.event_id, {{ products }}
having count(*) = {{ products }}
