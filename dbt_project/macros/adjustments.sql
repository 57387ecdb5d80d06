{# Query: the orders whose adjustments may be others than they were, by lines that a condition on `batch_id` calls new: those
   that an adjustment came for, those of an object of which a newer version came, and those of a record whose key came in
   the feed itself, to which it gives way (spec §2.3.0.2 and §2.3.3). #}
{% macro orders_adjusted_since(is_new) -%}
    select source, order_id
    from {{ ref("stg_order_adjustments") }}
    where {{ is_new }}
    {%- if is_expanded_into("order_adjustments") %}
    union
    select records.source, records.order_id
    from {{ ref("stg_expanded_order_adjustments") }} as records
    inner join (
        select distinct source, feed, object_id from {{ ref("stg_expanded_lines") }} where {{ is_new }} and object_id is not null
    ) as objects
        on objects.source = records.source and objects.feed = records.expanded_from and objects.object_id = records.object_id
    union
    select records.source, records.order_id
    from {{ ref("stg_expanded_order_adjustments") }} as records
    inner join (
        select distinct source, adjustment_id from {{ ref("stg_order_adjustments") }} where {{ is_new }}
    ) as landed
        on landed.source = records.source and landed.adjustment_id = records.adjustment_id
    {%- endif %}
{%- endmacro %}
