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
                ],
            )
        }}
    )

select source, product_id, sku, title, price, url, in_stock
from versions
where is_current
