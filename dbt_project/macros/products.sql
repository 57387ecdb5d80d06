{# How a recommended product and an order's line find each other (spec §4.8): by what both say, directly or through the
   products feed. #}

{# CTEs, after one of `recommended` products: `sold`, what an order's line may be asked by: what it says, the sku that the
   products feed knows its product by, and its sku for the recommended product whose sku it is in the feed; and `asked`, what
   each recommended product is asked for by. Both by code and code_kind.

   of_line: more columns of `sold`, of the order or of its line (`item`, at its `item_position`), by their names. #}
{% macro asked_and_sold_ctes(of_line={}) -%}
    {%- set line -%}
        {%- for name, value in of_line.items() %}, {{ value }} as {{ name }}{% endfor -%}
    {%- endset -%}
    products as (select * from {{ ref("int_products") }}),

    orders as (
        select
            orders.source,
            orders.profile_id,
            orders.placed_at,
            orders.order_id,
            orders.currency,
            item.element as item,
            item.position as item_position
        from {{ ref("int_orders") }} as orders
        cross join lateral {{ unnested("orders.items", "item") }}
        where
            orders.status <> 'cancelled'
            and orders.profile_id is not null
            and {{ has_room("item.position", "orders.order_id") }}
            and {{ has_room("item.position", "orders.profile_id") }}
    ),

    sold as (
        select source, profile_id, placed_at, item.product_id as code, 'as said' as code_kind {{ line }}
        from orders
        where item.product_id is not null
        union
        select source, profile_id, placed_at, item.sku as code, 'as said' as code_kind {{ line }}
        from orders
        where item.sku is not null
        union
        select orders.source, orders.profile_id, orders.placed_at, products.sku as code, 'as said' as code_kind {{ line }}
        from orders
        inner join products on orders.source = products.source and orders.item.product_id = products.product_id
        where products.sku is not null
        union
        select source, profile_id, placed_at, item.sku as code, 'sku' as code_kind {{ line }}
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
    )
{%- endmacro %}
