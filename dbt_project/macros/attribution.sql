{# The orders that a touch may take, with what they brought in (spec §4.5). #}
{% macro attributable_orders() -%}
    select
        source, order_id, profile_id, placed_at, currency, cast(total - refunded_total as decimal(18, 2)) as revenue
    from {{ ref("int_orders") }}
    where status <> 'cancelled' and profile_id is not null
{%- endmacro %}

{# From when to when a placed order may be a conversation's, whatever the channels of its records. #}
{% macro reach(conversations) -%}
    {{ conversations }}.first_record_at as reaches_from,
    {{ plus_hours(conversations ~ ".last_record_at", "(select max(hours) from " ~ ref("attribution_windows") ~ ")") }}
    as reaches_to
{%- endmacro %}
