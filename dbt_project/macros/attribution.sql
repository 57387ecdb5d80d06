{# The orders that a touch may take, with what they brought in (spec §4.5). #}
{% macro attributable_orders() -%}
    select
        source, order_id, profile_id, placed_at, currency, {{ revenue_of("orders") }} as revenue
    from {{ ref("int_orders") }} as orders
    where status <> 'cancelled' and profile_id is not null
{%- endmacro %}

{# What an order that was not cancelled brought in. #}
{% macro revenue_of(orders) -%} cast({{ orders }}.total - {{ orders }}.refunded_total as decimal(18, 2)) {%- endmacro %}

{# Query: what was attributed to each conversation, currency by currency. #}
{% macro orders_of_conversations() -%}
    select source, conversation_id, currency, count(*) as orders, sum(revenue) as revenue
    from {{ ref("attributed_orders") }}
    group by source, conversation_id, currency
{%- endmacro %}

{# From when to when a placed order may be a conversation's, whatever the channels of its records. #}
{% macro reach(conversations) -%}
    {{ conversations }}.first_record_at as reaches_from,
    {{ plus_hours(conversations ~ ".last_record_at", "(select max(hours) from " ~ ref("attribution_windows") ~ ")") }}
    as reaches_to
{%- endmacro %}

{# CTEs, after one of `orders`: the `live_conversations` of their profiles, those that are `reached` by an order, and their
   `touches`, each with its conversation's channel at the record. #}
{% macro touch_ctes() -%}
live_conversations as (
        select
            conversations.source,
            conversations.conversation_id,
            conversations.first_channel,
            {{ reach("conversations") }},
            profiles.profile_id
        from {{ ref("int_conversations") }} as conversations
        inner join {{ ref("int_conversation_profiles") }} as profiles using (source, conversation_id)
        where
            not conversations.is_preview
            and (conversations.source, profiles.profile_id) in (select source, profile_id from orders)
    ),

    -- what no window of any channel reaches is not looked at
    reached as (
        select live_conversations.*
        from live_conversations
        inner join
            (
                select source, profile_id, min(placed_at) as first_placed_at, max(placed_at) as last_placed_at
                from orders
                group by source, profile_id
            ) as ordered
            on live_conversations.source = ordered.source
            and live_conversations.profile_id = ordered.profile_id
            and live_conversations.reaches_from <= ordered.last_placed_at
            and live_conversations.reaches_to >= ordered.first_placed_at
    ),

    touches as (
        select
            reached.source,
            reached.profile_id,
            reached.conversation_id,
            records.position,
            records.occurred_at as touched_at,
            coalesce(records.known_channel_so_far, reached.first_channel, 'unknown') as channel
        from reached
        inner join
            {{ ref("int_conversation_records") }} as records
            on reached.source = records.source
            and reached.conversation_id = records.conversation_id
        where
            (records.record_type = 'message' and records.actor in ('customer', 'agent'))
            or records.event_name = 'product_recommendation_received'
            or records.record_type in ('link_clicked', 'added_to_cart')
    )
{%- endmacro %}
