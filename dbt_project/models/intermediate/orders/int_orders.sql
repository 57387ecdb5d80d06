{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key=["source", "order_id"],
        on_schema_change="fail",
    )
}}

{% set is_new = "batch_id > (" ~ last_built_batch() ~ ")" %}
{% set resolves_again = must_resolve_again() %}
{% set adjusted = orders_adjusted_since(is_new) %}
{% set in_reach -%}
    {%- if is_incremental() -%}
        (source, order_id) in (select source, order_id from touched)
        or {{ resolves_again }}
    {%- else -%}
        true
    {%- endif -%}
{%- endset %}

with
    {% if is_incremental() -%}
        touched as (
            select source, order_id
            from {{ staged_rows("orders", ["source", "order_id", "batch_id"]) }} as staged
            where {{ is_new }}
            union
            {{ adjusted }}
        ),

    {% endif -%}
    versions as (
        {{
            current_versions(
                "orders",
                key="order_id",
                among=in_reach,
                columns=[
                    "order_id",
                    "placed_at",
                    "updated_at",
                    "profile_id",
                    "email",
                    "phone_number",
                    "external_id",
                    "anonymous_id",
                    "status",
                    "currency",
                    "total",
                    "refunded_total",
                    "items",
                ],
            )
        }}
    ),

    orders as (
        select
            *,
            {{ email_key("email") }} as email_key,
            {{ phone_key("phone_number") }} as phone_key,
            external_id as external_id_key,
            anonymous_id as anonymous_id_key
        from versions
        where is_current
    ),

    resolved as (
        select
            orders.source,
            orders.order_id,
            {{ resolved_profile("orders") }} as profile_id,
            orders.placed_at,
            case when adjustments.is_cancelled then 'cancelled' else orders.status end as status,
            orders.currency,
            orders.total,
            case
                when adjustments.refunded_total is null
                then orders.refunded_total
                else
                    cast(
                        greatest(orders.refunded_total, least(adjustments.refunded_total, orders.total)) as decimal(
                            18, 2
                        )
                    )
            end as refunded_total,
            orders.items
        from orders {{ joined_profiles("orders") }}
        left join
            {{ ref("int_order_adjustments") }} as adjustments
            on adjustments.source = orders.source
            and adjustments.order_id = orders.order_id
    ),

    final as (
        select resolved.*
        from resolved
        {%- if is_incremental() %}
            left join {{ this }} as present using (source, order_id)
            where
                (source, order_id) in (select source, order_id from touched)
                or {{ differs("resolved.profile_id", "present.profile_id") }}
        {%- endif %}
    )

select *
from final
