{{ config(materialized=as_table()) }}

{% set days_to_purchase = 7 %}

with
    recommended as (
        select
            events.event_id,
            product.position,
            product.element as product_id,
            events.source,
            events.profile_id,
            events.occurred_at as recommended_at
        from {{ ref("product_recommendation_received") }} as events
        cross join lateral {{ unnested("events.products", "product") }}
        where
            {{ has_room("product.position", "events.conversation_id") }}
            and {{ has_room("product.position", "events.profile_id") }}
    ),

    {{ asked_and_sold_ctes() }},

    -- most of what is recommended is never bought, and need not be sorted
    asked_and_sold as (
        select *
        from asked
        where (source, profile_id, code_kind, code) in (select source, profile_id, code_kind, code from sold)
    ),

    purchases as (
        select asked.event_id, asked.position, min(sold.placed_at) as purchased_at
        from
            {{
                asof_joined(
                    ["asked_and_sold", "asked"],
                    "sold",
                    {"source": "source", "profile_id": "profile_id", "code_kind": "code_kind", "code": "code"},
                    ["recommended_at", "placed_at"],
                    later=true,
                )
            }}
        where sold.placed_at <= {{ plus_days("asked.recommended_at", days_to_purchase) }}
        group by asked.event_id, asked.position
    ),

    final as (
        select
            recommended.event_id,
            recommended.position,
            recommended.product_id,
            recommended.source,
            recommended.profile_id,
            recommended.recommended_at,
            purchases.purchased_at,
            {{ seconds_between("recommended.recommended_at", "purchases.purchased_at") }} as seconds_to_purchase
        from recommended
        left join purchases using (event_id, position)
    )

select *
from final
