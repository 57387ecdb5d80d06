with
    versions as ({{ current_versions("orders") }}),

    orders as (
        select
            *,
            {{ email_key("email") }} as email_key,
            {{ phone_key("phone_number") }} as phone_key,
            external_id as external_id_key,
            anonymous_id as anonymous_id_key
        from versions
        where is_current
    )

select
    orders.source,
    orders.order_id,
    {{ resolved_profile("orders") }} as profile_id,
    orders.placed_at,
    orders.status,
    orders.currency,
    orders.total,
    orders.refunded_total,
    orders.items
from orders {{ joined_profiles("orders") }}
