{#- The orders that may have another touch, or none, than performance.attributed_orders says: all but those that it carries
    as they are now, with touches in conversations that this run does not build, and beyond the reach of those that it
    does. -#}
{%- set before = previous_relation("performance", "attributed_orders") if adds_to_tables() -%}
{%- set listed_before = previous_relation("intermediate", "int_touched_conversations") if before -%}

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

    {%- if listed_before %}
        ,

        -- a conversation that touched an order may be another profile's by now, and out of its reach
        listed_touches as (
            select listed.source, listed.order_id, touch.element as conversation_id
            from {{ listed_before }} as listed
            cross join lateral {{ unnested("listed.touched_conversations", "touch") }}
        ),

        touched_again as (
            select listed.source, listed.order_id
            from listed_touches as listed
            inner join touched using (source, conversation_id)
        ),

        final_orders as (
            select
                attributed.source,
                attributed.order_id,
                attributed.profile_id,
                attributed.placed_at,
                attributed.currency,
                attributed.revenue
            from
                {{ before }} as attributed {{ anti_join() }} touched
                on attributed.source = touched.source
                and attributed.conversation_id = touched.conversation_id {{ anti_join() }} touched_again
                on attributed.source = touched_again.source
                and attributed.order_id = touched_again.order_id
            -- of an order with too many conversations in reach none but its own is known
            where
                attributed.source not in (select distinct source from touched)
                or (attributed.source, attributed.order_id) in (select source, order_id from listed_touches)
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
        {%- endif %}
        {%- if listed_before %}
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
