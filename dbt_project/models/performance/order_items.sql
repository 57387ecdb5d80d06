with
    by_id as (select * from {{ ref("int_product_codes") }} where code_kind = 'product_id'),

    by_sku as (select * from {{ ref("int_product_codes") }} where code_kind = 'sku'),

    orders as (
        select source, order_id, {{ carried("currency", list_size("items")) }} as currency, items
        from {{ ref("int_orders") }}
        where {{ list_size("items") }} > 0
    ),

    items as (
        select orders.source, orders.order_id, orders.currency, item.position, item.element as item
        from orders
        cross join lateral {{ unnested("orders.items", "item") }}
        where {{ has_room("item.position", "orders.order_id") }}
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

    found as (
        select lines.*, coalesce(by_id.product_id, id_as_sku.product_id, by_sku.product_id) as found_product_id
        from lines
        left join by_id on lines.source = by_id.source and lines.product_id = by_id.code
        left join by_sku as id_as_sku on lines.source = id_as_sku.source and lines.product_id = id_as_sku.code
        left join by_sku on lines.source = by_sku.source and lines.sku = by_sku.code
    ),

    shown as (select source, found_product_id, count(*) as lines from found group by source, found_product_id),

    titles as (
        select shown.source, shown.found_product_id, {{ carried("by_id.title", "shown.lines") }} as title
        from shown
        inner join by_id on shown.source = by_id.source and shown.found_product_id = by_id.code
    ),

    final as (
        select
            found.source,
            found.order_id,
            found.position,
            found.product_id,
            found.sku,
            titles.title,
            found.quantity,
            found.currency,
            found.price
        from found
        left join titles using (source, found_product_id)
    )

select *
from final
