with
    by_id as (select * from {{ ref("int_product_codes") }} where code_kind = 'product_id'),

    by_sku as (select * from {{ ref("int_product_codes") }} where code_kind = 'sku'),

    items as (
        select orders.source, orders.order_id, orders.currency, item.position, item.element as item
        from {{ ref("int_orders") }} as orders
        cross join lateral {{ unnested("orders.items", "item") }}
    ),

    lines as (
        select
            source,
            order_id,
            position,
            currency,
            item.product_id as product_id,
            item.sku as sku,
            item.quantity as quantity,
            item.price as price
        from items
    ),

    final as (
        select
            lines.source,
            lines.order_id,
            lines.position,
            lines.product_id,
            lines.sku,
            case
                when by_id.code is not null
                then by_id.title
                when id_as_sku.code is not null
                then id_as_sku.title
                else by_sku.title
            end as title,
            lines.quantity,
            lines.currency,
            lines.price
        from lines
        left join by_id on lines.source = by_id.source and lines.product_id = by_id.code
        left join by_sku as id_as_sku on lines.source = id_as_sku.source and lines.product_id = id_as_sku.code
        left join by_sku on lines.source = by_sku.source and lines.sku = by_sku.code
    )

select *
from final
