{#- The orders that may have another touch, or none, than performance.attributed_orders says: all but those that it carries
    as they are now, with a touch in a conversation that this run does not build, and beyond the reach of those that it
    does. -#}
{%- set before = previous_relation("performance", "attributed_orders") if adds_to_tables() -%}

with
    orders as ({{ attributable_orders() }}),

    touched as (
        select touched.source, touched.conversation_id, profiles.profile_id, {{ reach("conversations") }}
        from {{ ref("int_conversations_to_rebuild") }} as touched
        left join {{ ref("int_conversations") }} as conversations using (source, conversation_id)
        left join {{ ref("int_conversation_profiles") }} as profiles using (source, conversation_id)
    ),

    -- how far a profile's conversations reach that reach from an instant or before it: an order is in reach of one of
    -- them if it is within the furthest
    reaches as (
        select
            source,
            profile_id,
            reaches_from,
            max(max(reaches_to)) over (
                partition by source, profile_id order by reaches_from rows between unbounded preceding and current row
            ) as reaches_to
        from touched
        where profile_id is not null and reaches_from is not null
        group by source, profile_id, reaches_from
    )

    {%- if before %}
        ,

        final_orders as (
            select source, order_id, profile_id, placed_at, currency, revenue
            from {{ before }}
            where (source, conversation_id) not in (select source, conversation_id from touched)
            intersect
            select *
            from orders
        )
    {%- endif %},

    final as (
        select source, order_id
        from orders
        {%- if before %}
            union
            select source, order_id
            from {{ before }}
            except
            select final_orders.source, final_orders.order_id
            from
                {{
                    asof_joined(
                        "final_orders",
                        "reaches",
                        {"source": "source", "profile_id": "profile_id"},
                        ["placed_at", "reaches_from"],
                        all_rows=true,
                    )
                }}
            where coalesce(final_orders.placed_at > reaches.reaches_to, true)
        {%- endif %}
    )

select *
from final
