{# Gate 2: an order placed at or after the trigger. #}
{% macro gate_ordered_since_trigger(triggers, of_asked=false) -%}
    {%- set keys = keys_of_profile() -%}
    {%- set text = "'order ' || order_id || ' placed ' || " ~ utc_text("placed_at") ~ " || ', now ' || status" -%}
    with
        orders as (
            select source, profile_id, placed_at, {{ value_at_least(text, "order_id") }} as text
            from {{ rows_about(ref("int_orders"), triggers, of_asked) }}
            where profile_id is not null
            group by source, profile_id, placed_at
        ),

        asked as ({{ triggers_with_any(triggers, "orders", keys) }}),

        first_orders as (
            select asked.policy_id, asked.event_id, orders.text
            from {{ asof_joined("asked", "orders", keys, ["triggered_at", "placed_at"], later=true) }}
            where orders.placed_at <= asked.judged_at
        )

    select
        triggers.policy_id,
        triggers.event_id,
        {{ verdict(
            "first_orders.event_id is not null",
            known_texts(["first_orders.text"]),
            "'no order since the trigger'",
            uses="triggers.exclude_if_ordered",
        ) }}
    from {{ triggers }} as triggers
    left join first_orders using (policy_id, event_id)
{%- endmacro %}
