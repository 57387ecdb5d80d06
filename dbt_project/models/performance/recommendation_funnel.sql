with
    recommended as (
        select
            products.event_id,
            products.position,
            events.source,
            events.conversation_id,
            events.record_id,
            events.profile_id,
            events.channel,
            products.product_id,
            products.recommended_at,
            products.purchased_at
        from {{ ref("recommended_products") }} as products
        inner join {{ ref("product_recommendation_received") }} as events using (event_id)
    ),

    sources as (select source, currency from {{ ref("performance_sources") }}),

    by_id as (select * from {{ ref("int_product_codes") }} where code_kind = 'product_id'),

    by_sku as (select * from {{ ref("int_product_codes") }} where code_kind = 'sku'),

    reactions as (
        select
            log.source,
            log.conversation_id,
            log.record_type,
            log.product_id as code,
            records.position,
            records.occurred_at
        from {{ ref("int_log_records") }} as log
        inner join {{ ref("int_conversation_records") }} as records using (source, conversation_id, record_id)
        where log.record_type in ('link_clicked', 'added_to_cart') and log.product_id is not null
    ),

    -- a product is also asked for by the sku that the products feed knows it by, as an order's line is
    reaction_codes as (
        select *
        from reactions
        union
        select
            reactions.source,
            reactions.conversation_id,
            reactions.record_type,
            by_id.sku as code,
            reactions.position,
            reactions.occurred_at
        from reactions
        inner join by_id on reactions.source = by_id.source and reactions.code = by_id.code
        where by_id.sku is not null
    ),

    clicks as (select * from reaction_codes where record_type = 'link_clicked'),

    carts as (select * from reaction_codes where record_type = 'added_to_cart'),

    placed as (
        select recommended.*, records.position as record_position
        from recommended
        inner join {{ ref("int_conversation_records") }} as records using (source, conversation_id, record_id)
        where (recommended.source, recommended.conversation_id) in (select source, conversation_id from reactions)
    ),

    clicked as (
        select placed.event_id, placed.position, clicks.occurred_at as clicked_at
        from
            {{
                asof_joined(
                    "placed",
                    "clicks",
                    {"source": "source", "conversation_id": "conversation_id", "product_id": "code"},
                    ["record_position", "position"],
                    later=true,
                )
            }}
    ),

    carted as (
        select placed.event_id, placed.position, carts.occurred_at as carted_at
        from
            {{
                asof_joined(
                    "placed",
                    "carts",
                    {"source": "source", "conversation_id": "conversation_id", "product_id": "code"},
                    ["record_position", "position"],
                    later=true,
                )
            }}
    ),

    {{
        asked_and_sold_ctes(
            {
                "order_id": "order_id",
                "currency": "currency",
                "line": "item_position",
                "quantity": "orders.item.quantity",
                "price": "orders.item.price",
            }
        )
    }},

    -- the lines of each order that was placed when the product was bought
    bought as (
        select distinct
            asked.event_id, asked.position, sold.order_id, sold.currency, sold.line, sold.quantity, sold.price
        from asked
        inner join
            (select event_id, position, purchased_at from recommended where purchased_at is not null) as purchases
            on asked.event_id = purchases.event_id
            and asked.position = purchases.position
        inner join
            sold
            on asked.source = sold.source
            and asked.profile_id = sold.profile_id
            and purchases.purchased_at = sold.placed_at
            and asked.code_kind = sold.code_kind
            and asked.code = sold.code
    ),

    by_order as (
        select
            event_id,
            position,
            order_id,
            currency,
            {{ summed_money(countable("quantity") ~ " * price") }} as revenue,
            row_number() over (partition by event_id, position order by order_id) as place
        from bought
        group by event_id, position, order_id, currency
    ),

    purchased as (select * from by_order where place = 1),

    final as (
        select
            recommended.event_id,
            recommended.position,
            recommended.source,
            recommended.conversation_id,
            recommended.profile_id,
            recommended.channel,
            recommended.product_id,
            case when by_id.code is not null then by_id.title else by_sku.title end as title,
            sources.currency as catalogue_currency,
            case when by_id.code is not null then by_id.price else by_sku.price end as price,
            case when by_id.code is not null then by_id.in_stock else by_sku.in_stock end as in_stock,
            recommended.recommended_at,
            clicked.clicked_at,
            carted.carted_at,
            recommended.purchased_at,
            purchased.order_id as purchased_order_id,
            purchased.currency as purchased_currency,
            purchased.revenue as purchased_revenue
        from recommended
        left join sources using (source)
        left join by_id on recommended.source = by_id.source and recommended.product_id = by_id.code
        left join by_sku on recommended.source = by_sku.source and recommended.product_id = by_sku.code
        left join clicked using (event_id, position)
        left join carted using (event_id, position)
        left join purchased using (event_id, position)
    )

select *
from final
