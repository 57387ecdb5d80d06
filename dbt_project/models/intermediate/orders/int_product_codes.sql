{{ config(materialized=as_view()) }}

with
    products as (select * from {{ ref("int_products") }}),

    skus as (
        select source, sku, min(product_id) as product_id from products where sku is not null group by source, sku
    ),

    final as (
        select 'product_id' as code_kind, product_id as code, source, product_id, sku, title, price, in_stock
        from products
        union all
        select
            'sku' as code_kind,
            skus.sku as code,
            products.source,
            products.product_id,
            products.sku,
            products.title,
            products.price,
            products.in_stock
        from skus
        inner join products using (source, product_id)
    )

select *
from final
