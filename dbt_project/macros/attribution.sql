{# What an order brought in (contract, section 4). #}
{% macro revenue() -%} cast(total - refunded_total as decimal(18, 2)) {%- endmacro %}

{# From when to when a placed order may be a conversation's, whatever the channels of its records. #}
{% macro reach(conversations) -%}
    {{ conversations }}.first_record_at as reaches_from,
    {{ plus_hours(conversations ~ ".last_record_at", "(select max(hours) from " ~ ref("attribution_windows") ~ ")") }}
    as reaches_to
{%- endmacro %}
