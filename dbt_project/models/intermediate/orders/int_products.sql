{#- A deletion is a version with in_stock false whose other fields are those of the version before it (spec §2.3.14.5):
    the last version that is none describes the product, which is out of stock if a deletion came after it. -#}
with
    versions as (
        {{
            current_versions(
                "products",
                key="product_id",
                columns=[
                    "product_id",
                    "updated_at",
                    "sku",
                    "title",
                    "price",
                    "url",
                    "in_stock",
                    "is_deletion",
                ],
                unless="is_deletion",
            )
        }}
    ),

    final as (
        select source, product_id, sku, title, price, url, in_stock and is_current as in_stock
        from versions
        where is_described
    )

select *
from final
