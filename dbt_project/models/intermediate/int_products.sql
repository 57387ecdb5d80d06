with versions as ({{ current_versions("products") }})

select source, product_id, sku, title, price, url, in_stock
from versions
where is_current
