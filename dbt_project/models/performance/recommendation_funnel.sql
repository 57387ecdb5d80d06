with
    by_id as (select * from {{ ref("int_product_codes") }} where code_kind = 'product_id'),

    by_sku as (select * from {{ ref("int_product_codes") }} where code_kind = 'sku'),

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

    -- a product is shown by its product_id and by its sku: each has a title's room
    shown as (select source, product_id, count(*) as recommendations from recommended group by source, product_id),

    catalogue as (
        select
            shown.source,
            shown.product_id,
            {{ carried("coalesce(by_id.title, by_sku.title)", "shown.recommendations") }} as title,
            coalesce(by_id.price, by_sku.price) as price,
            coalesce(by_id.in_stock, by_sku.in_stock) as in_stock
        from shown
        left join by_id on shown.source = by_id.source and shown.product_id = by_id.code
        left join by_sku on shown.source = by_sku.source and shown.product_id = by_sku.code and by_id.code is null
    ),

    sources as (select source, currency from {{ ref("performance_sources") }}),

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
                "line": "item_position",
                "line_sku": "orders.item.sku",
                "amount": line_amount("orders.item.quantity", "orders.item.price"),
            }
        )
    }},

    -- what was bought, by what it is asked for, once: a bot is recommended it thousands of times
    codes as (
        select distinct
            asked.source,
            asked.profile_id,
            recommended.purchased_at,
            recommended.product_id,
            asked.code_kind,
            asked.code
        from asked
        inner join recommended on asked.event_id = recommended.event_id and asked.position = recommended.position
        where recommended.purchased_at is not null
    ),

    -- of the orders that were placed when it was bought
    first_orders as (
        select source, profile_id, placed_at, code_kind, code, min(order_id) as order_id
        from sold
        group by source, profile_id, placed_at, code_kind, code
    ),

    purchases as (
        select
            codes.source,
            codes.profile_id,
            codes.purchased_at,
            codes.product_id,
            min(first_orders.order_id) as order_id,
            max(case when codes.code_kind = 'sku' then codes.code end) as sku
        from codes
        inner join
            first_orders
            on codes.source = first_orders.source
            and codes.profile_id = first_orders.profile_id
            and codes.purchased_at = first_orders.placed_at
            and codes.code_kind = first_orders.code_kind
            and codes.code = first_orders.code
        group by codes.source, codes.profile_id, codes.purchased_at, codes.product_id
    ),

    amounts_of_skus as (
        select source, order_id, code, sum(amount) as amount
        from sold
        where code_kind = 'sku'
        group by source, order_id, code
    ),

    -- the order's lines of its sku, which thousands of products may share, and its other lines
    amounts as (
        select purchases.source, purchases.order_id, purchases.product_id, amounts_of_skus.amount
        from purchases
        inner join
            amounts_of_skus
            on purchases.source = amounts_of_skus.source
            and purchases.order_id = amounts_of_skus.order_id
            and purchases.sku = amounts_of_skus.code
        union all
        select purchases.source, purchases.order_id, purchases.product_id, sold.amount
        from purchases
        inner join
            sold
            on purchases.source = sold.source
            and purchases.order_id = sold.order_id
            and purchases.product_id = sold.code
        where sold.code_kind = 'as said' and (purchases.sku is null or {{ differs("sold.line_sku", "purchases.sku") }})
    ),

    revenues as (
        select source, order_id, product_id, {{ summed_money("amount") }} as revenue
        from amounts
        group by source, order_id, product_id
    ),

    bought as (
        select source, profile_id, purchased_at, count(*) as recommendations
        from recommended
        where purchased_at is not null
        group by source, profile_id, purchased_at
    ),

    currencies as (
        select
            orders.source,
            orders.order_id,
            {{ carried("orders.order_id", "bought.recommendations") }} as shown_order_id,
            {{ carried("orders.currency", "bought.recommendations") }} as currency
        from {{ ref("int_orders") }} as orders
        inner join
            bought
            on orders.source = bought.source
            and orders.profile_id = bought.profile_id
            and orders.placed_at = bought.purchased_at
    ),

    purchased as (
        select purchases.*, currencies.shown_order_id, currencies.currency, revenues.revenue
        from purchases
        inner join currencies using (source, order_id)
        left join revenues using (source, order_id, product_id)
    ),

    final as (
        select
            recommended.event_id,
            recommended.position,
            recommended.source,
            recommended.conversation_id,
            recommended.profile_id,
            recommended.channel,
            recommended.product_id,
            catalogue.title,
            sources.currency as catalogue_currency,
            catalogue.price,
            catalogue.in_stock,
            recommended.recommended_at,
            clicked.clicked_at,
            carted.carted_at,
            recommended.purchased_at,
            purchased.shown_order_id as purchased_order_id,
            purchased.currency as purchased_currency,
            purchased.revenue as purchased_revenue
        from recommended
        left join sources using (source)
        left join catalogue using (source, product_id)
        left join clicked using (event_id, position)
        left join carted using (event_id, position)
        left join
            purchased
            on recommended.source = purchased.source
            and recommended.profile_id = purchased.profile_id
            and recommended.purchased_at = purchased.purchased_at
            and recommended.product_id = purchased.product_id
    )

select *
from final
